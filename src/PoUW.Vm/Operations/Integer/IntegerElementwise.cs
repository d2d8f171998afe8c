using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Operations.Integer;

/// <summary>Definitions of the operations whose result depends on one element of each operand.</summary>
internal static class IntegerElementwise
{
    public static long RequantiseShift(in TensorCall call) => Round(call, IntegerRounding.RoundShift);

    public static long StochasticRoundShift(in TensorCall call) => Round(call, IntegerRounding.Psto);

    public static long Relu(in TensorCall call) => Gate(call[0].Int8, call[1].Int8, call[1].Int8);

    public static long ReluGradient(in TensorCall call) => Gate(call[0].Int8, call[1].Int8, call[2].Int8);

    /// <summary>Modulo 2^32, as all operations below.</summary>
    public static long Add(in TensorCall call) => Combine(call, static (a, b) => unchecked(a + b));

    public static long Subtract(in TensorCall call) => Combine(call, static (a, b) => unchecked(a - b));

    /// <summary>b is one row.</summary>
    public static long AddRow(in TensorCall call)
    {
        Span<int> result = call[0].Int32;
        ReadOnlySpan<int> a = call[1].Int32;
        ReadOnlySpan<int> b = call[2].Int32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = unchecked(a[i] + b[i % b.Length]);
        }

        return 0;
    }

    /// <summary>Arguments: multiplier, shift.</summary>
    public static long ScaleShift(in TensorCall call)
    {
        (long multiplier, int shift) = (call.Arguments[0], (int)call.Arguments[1]);
        ReadOnlySpan<int> source = call[1].Int32;
        Span<int> result = call[0].Int32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = unchecked((int)((source[i] * multiplier) >> shift));
        }

        return 0;
    }

    public static long Clamp(in TensorCall call)
    {
        int limit = (int)call.Arguments[0];
        ReadOnlySpan<int> source = call[1].Int32;
        Span<int> result = call[0].Int32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Math.Clamp(source[i], -limit, limit);
        }

        return 0;
    }

    /// <summary>Immediate: decay; arguments: rate, limit.</summary>
    public static long Momentum(in TensorCall call)
    {
        int decay = call.Immediates[0];
        (int rate, int limit) = ((int)call.Arguments[0], (int)call.Arguments[1]);
        Span<int> weight = call[0].Int32;
        Span<int> velocity = call[1].Int32;
        ReadOnlySpan<sbyte> gradient = call[2].Int8;
        for (int i = 0; i < weight.Length; i++)
        {
            unchecked
            {
                int v = velocity[i] - (velocity[i] >> decay) + ((gradient[i] * rate) >> decay);
                velocity[i] = v;
                weight[i] = Math.Clamp(weight[i] - v, -limit, limit);
            }
        }

        return 0;
    }

    /// <summary>Immediate: limit; argument: shift.</summary>
    private static long Round(in TensorCall call, Func<int, int, long> rounding)
    {
        (int limit, int shift) = (call.Immediates[0], (int)call.Arguments[0]);
        ReadOnlySpan<int> source = call[1].Int32;
        Span<sbyte> result = call[0].Int8;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = (sbyte)Math.Clamp(rounding(source[i], shift), -limit, limit);
        }

        return 0;
    }

    private static long Gate(Span<sbyte> result, ReadOnlySpan<sbyte> source, ReadOnlySpan<sbyte> gate)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = gate[i] > 0 ? source[i] : (sbyte)0;
        }

        return 0;
    }

    private static long Combine(in TensorCall call, Func<int, int, int> combine)
    {
        ReadOnlySpan<int> a = call[1].Int32;
        ReadOnlySpan<int> b = call[2].Int32;
        Span<int> result = call[0].Int32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = combine(a[i], b[i]);
        }

        return 0;
    }
}
