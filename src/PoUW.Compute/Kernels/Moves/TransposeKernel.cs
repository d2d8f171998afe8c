using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Moves;

/// <summary>transpose; the units are rows of the source. Bands of rows keep the lines of the destination in the cache.</summary>
internal readonly unsafe struct TransposeKernel(byte* d, byte* s, nint rows, nint columns, int size) : ILaneKernel
{
    /// <summary>Rows of a band.</summary>
    public const int Band = 64;

    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            for (nint row = from; row < to; row += Band)
            {
                nint height = Math.Min(Band, to - row);
                Transposer<TLane, TFloat, TWide>.Run(s + (row * columns * size), columns, height, columns, d + (row * size), rows, size);
            }
        }
    }
}
