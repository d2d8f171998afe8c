using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>d = fma(a, b, c) with b and c broadcast; the units are elements.</summary>
internal readonly unsafe struct FmaKernel(float* d, float* a, BroadcastOperand b, BroadcastOperand c, nint columns) : ILaneKernel
{
    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Positions stay inside the tensors.
        {
            while (from < to)
            {
                nint row = from / columns;
                nint start = row * columns;
                nint end = Math.Min(to, start + columns);
                FmaStep step = new(d, a, b.Row(row, start), c.Row(row, start), b.Repeated, c.Repeated);
                ElementKernel<FmaStep>.Range<TLane, TFloat, TWide>(step, from, end);
                from = end;
            }
        }
    }
}
