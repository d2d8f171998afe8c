using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Reference.ReferenceCall;

namespace PoUW.Vm.Tests.Reference;

/// <summary>The products of matrices.</summary>
internal static class ReferenceProduct
{
    /// <summary>MATMUL: a transposed operand is turned first, then rows meet columns.</summary>
    public static void Multiply(ReferenceTensor c, ReferenceTensor a, ReferenceTensor b, bool turnA, bool turnB)
    {
        if (c.Type == TensorType.Int32)
        {
            Demand(a.Cells.Concat(b.Cells).All(value => value >= -64 && value < 64), VmTrap.ElementOutOfRange);
        }

        Multiply(c, a, b, turnA, turnB, 1, 0);
    }

    /// <summary>One of the products whose matrices stand below each other.</summary>
    public static void Multiply(ReferenceTensor c, ReferenceTensor a, ReferenceTensor b, bool turnA, bool turnB, int parts, int part)
    {
        int[] left = Part(a, turnA, parts, part, out int inner);
        int[] right = Part(b, !turnB, parts, part, out int innerToo);
        Assert.That(inner, Is.EqualTo(innerToo));
        int height = c.Rows / parts;
        for (int i = 0; i < height * c.Columns; i++)
        {
            (int row, int column) = (i / c.Columns, i % c.Columns);
            (long whole, float real) = (0, 0);
            for (int k = 0; k < inner; k++)
            {
                (int x, int y) = (left[(row * inner) + k], right[(column * inner) + k]);
                whole += c.Type == TensorType.Int32 ? a[x] * b[y] : 0;
                real = c.Type == TensorType.Int32 ? 0 : MathF.FusedMultiplyAdd(a.F(x), b.F(y), real);
            }

            Store(c, (part * height * c.Columns) + i, whole, real);
        }
    }

    private static void Store(ReferenceTensor c, int at, long whole, float real)
    {
        if (c.Type == TensorType.Int32)
        {
            c[at] = whole;
        }
        else
        {
            c.SetF(at, real);
        }
    }

    /// <summary>The places of the elements of a part, with its inner dimension running fastest.</summary>
    private static int[] Part(ReferenceTensor tensor, bool turn, int parts, int part, out int inner)
    {
        int height = tensor.Rows / parts;
        int first = part * height * tensor.Columns;
        inner = turn ? height : tensor.Columns;
        return turn
            ? [.. from column in Enumerable.Range(0, tensor.Columns)
                  from row in Enumerable.Range(0, height)
                  select first + (row * tensor.Columns) + column]
            : [.. Enumerable.Range(first, height * tensor.Columns)];
    }
}
