using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>d = function(a, b) with b broadcast; the units are elements.</summary>
internal readonly unsafe struct CombineKernel<TFunction>(float* d, float* a, BroadcastOperand b, nint columns, TFunction function) : ILaneKernel
    where TFunction : struct, IBinaryFloatFunction
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
                CombineStep<TFunction> step = new(d, a, b.Row(row, start), b.Repeated, function);
                ElementKernel<CombineStep<TFunction>>.Range<TLane, TFloat, TWide>(step, from, end);
                from = end;
            }
        }
    }
}
