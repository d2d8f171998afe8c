using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>cross_entropy_gradient_f32. Only the label's column subtracts something, so it is computed by itself.</summary>
[SkipLocalsInit]
internal readonly unsafe struct CrossEntropyGradientGroup(float* d, float* logits, LabelColumn labels, nint columns, float scale) : IRowGroup
{
    private const int WidestLane = 16;

    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* numbers = stackalloc float[WidestLane];
        float* chosen = stackalloc float[WidestLane];
        RowLengths lengths = RowLengths.All(columns);
        unchecked // Inside the tensors.
        {
            float* x = logits + (row * columns);
            float* to = d + (row * columns);
            TFloat sum = SoftmaxRows<TLane, TFloat, TWide>.Exponentials(x, to, columns, rows, (nint*)&lengths, numbers);
            TLane.Store(sum, numbers);
            for (nint r = 0; r < rows; r++)
            {
                chosen[r] = Fp32.Canonical(((to[(r * columns) + labels[row + r]] / numbers[r]) - 1) * scale);
            }

            SoftmaxRows<TLane, TFloat, TWide>.Divide(to, columns, rows, (nint*)&lengths, sum, scale);
            for (nint r = 0; r < rows; r++)
            {
                to[(r * columns) + labels[row + r]] = chosen[r];
            }
        }
    }
}
