using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Moves;

/// <summary>permute; the units are the moves of the plan.</summary>
internal readonly unsafe struct PermuteKernel(byte* d, byte* s, PermutePlan plan, int size) : ILaneKernel
{
    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            for (nint move = from; move < to; move++)
            {
                byte* source = s + (plan.Source(move) * size);
                byte* destination = d + (plan.Destination(move) * size);
                if (plan.IsCopy)
                {
                    Copy(source, destination);
                }
                else
                {
                    Transposer<TLane, TFloat, TWide>.Run(
                        source, plan.SourceStride, plan.Rows, plan.Columns, destination, plan.DestinationStride, size);
                }
            }
        }
    }

    private void Copy(byte* source, byte* destination)
    {
        unchecked // Inside the tensors.
        {
            nint length = plan.Columns * size;
            for (nint row = 0; row < plan.Rows; row++)
            {
                Buffer.MemoryCopy(
                    source + (row * plan.SourceStride * size), destination + (row * plan.DestinationStride * size), length, length);
            }
        }
    }
}
