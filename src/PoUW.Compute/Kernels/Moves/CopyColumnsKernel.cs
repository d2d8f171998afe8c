using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Moves;

/// <summary>copy_columns; the units are rows, lengths are in bytes.</summary>
internal readonly unsafe struct CopyColumnsKernel(byte* d, byte* s, nint strideD, nint strideS, nint length) : ILaneKernel
{
    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            for (nint row = from; row < to; row++)
            {
                Buffer.MemoryCopy(s + (row * strideS), d + (row * strideD), length, length);
            }
        }
    }
}
