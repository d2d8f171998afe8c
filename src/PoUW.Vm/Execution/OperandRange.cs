using System.Numerics;

namespace PoUW.Vm.Execution;

/// <summary>Checks the content of tensors before a backend sees them.</summary>
internal static class OperandRange
{
    private const sbyte Min = -64;
    private const sbyte Max = 63;

    /// <summary>True if all elements lie in [-64, 63].</summary>
    public static bool IsMatMulOperand(ReadOnlySpan<sbyte> values)
    {
        int index = 0;
        Vector<sbyte> min = new(Min);
        Vector<sbyte> max = new(Max);
        for (; index <= values.Length - Vector<sbyte>.Count; index += Vector<sbyte>.Count)
        {
            Vector<sbyte> block = new(values[index..]);
            if (Vector.LessThanAny(block, min) || Vector.GreaterThanAny(block, max))
            {
                return false;
            }
        }

        return !values[index..].ContainsAnyExceptInRange(Min, Max);
    }

    /// <summary>True if all elements lie in [0, count).</summary>
    public static bool AreIndices(ReadOnlySpan<int> values, int count) => !values.ContainsAnyExceptInRange(0, count - 1);

    /// <summary>True if all labels lie in [0, classes).</summary>
    public static bool AreLabels(ReadOnlySpan<byte> labels, int classes) =>
        !labels.ContainsAnyExceptInRange((byte)0, (byte)(classes - 1));
}
