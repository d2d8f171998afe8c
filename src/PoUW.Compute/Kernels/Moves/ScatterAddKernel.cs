using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Moves;

/// <summary>scatter_add_rows_f32; the units are columns, since an element of d may be the sum of many rows.</summary>
internal readonly unsafe struct ScatterAddKernel(float* d, float* s, int* index, nint count, nint columns) : ILaneKernel
{
    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors; the indices were checked with the call.
        {
            for (nint i = 0; i < count; i++)
            {
                float* target = d + (index[i] * columns);
                float* source = s + (i * columns);
                nint column = from;
                for (; column <= to - TLane.Width; column += TLane.Width)
                {
                    TFloat sum = TLane.Add(TLane.Load(target + column), TLane.Load(source + column));
                    TLane.Store(TLane.Canonical(sum), target + column);
                }

                if (column < to)
                {
                    TFloat sum = TLane.Add(TLane.LoadPart(target + column, to - column), TLane.LoadPart(source + column, to - column));
                    TLane.StorePart(TLane.Canonical(sum), target + column, to - column);
                }
            }
        }
    }
}
