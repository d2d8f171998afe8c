using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations.Float;

/// <summary>
/// Definitions of the operations whose result depends on one element of each operand. Every result is stored through
/// <see cref="Fp32.Canonical"/>. An element is read before its place is written, so a destination may be an operand.
/// </summary>
internal static class FloatElementwise
{
    /// <summary>d = function(s).</summary>
    public static long Map(in TensorCall call, Func<float, float> function)
    {
        Span<float> result = call[0].Float32;
        ReadOnlySpan<float> source = call[1].Float32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Fp32.Canonical(function(source[i]));
        }

        return 0;
    }

    /// <summary>d = function(a, b), b broadcast.</summary>
    public static long Combine(in TensorCall call, Func<float, float, float> function)
    {
        (Tensor d, Tensor a, Tensor b) = (call[0], call[1], call[2]);
        for (int row = 0; row < d.Rows; row++)
        {
            for (int column = 0; column < d.Columns; column++)
            {
                int at = (row * d.Columns) + column;
                d.Float32[at] = Fp32.Canonical(function(a.Float32[at], Broadcast(b, row, column)));
            }
        }

        return 0;
    }

    /// <summary>d = fma(a, b, c), b and c broadcast.</summary>
    public static long Fma(in TensorCall call)
    {
        (Tensor d, Tensor a, Tensor b, Tensor c) = (call[0], call[1], call[2], call[3]);
        for (int row = 0; row < d.Rows; row++)
        {
            for (int column = 0; column < d.Columns; column++)
            {
                int at = (row * d.Columns) + column;
                float value = MathF.FusedMultiplyAdd(a.Float32[at], Broadcast(b, row, column), Broadcast(c, row, column));
                d.Float32[at] = Fp32.Canonical(value);
            }
        }

        return 0;
    }

    /// <summary>Immediates: scale, offset.</summary>
    public static long Affine(in TensorCall call)
    {
        (float scale, float offset) = (call.FloatImmediate(0), call.FloatImmediate(1));
        return Map(call, s => MathF.FusedMultiplyAdd(s, scale, offset));
    }

    /// <summary>Immediates: low, high. A NaN is neither below nor above.</summary>
    public static long Clamp(in TensorCall call)
    {
        (float low, float high) = (call.FloatImmediate(0), call.FloatImmediate(1));
        return Map(call, s => s < low ? low : s > high ? high : s);
    }

    /// <summary>Immediates: scale, offset. The conversion to fp32 rounds to nearest even.</summary>
    public static long Convert(in TensorCall call)
    {
        (float scale, float offset) = (call.FloatImmediate(0), call.FloatImmediate(1));
        Span<float> result = call[0].Float32;
        Tensor source = call[1];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Fp32.Canonical(MathF.FusedMultiplyAdd(Integer(source, i), scale, offset));
        }

        return 0;
    }

    /// <summary>+0 for both zeros and for numbers below.</summary>
    public static float Relu(float s) => s > 0 || float.IsNaN(s) ? s : 0;

    public static float ReluGradient(float g, float x) => x > 0 ? g : 0;

    public static float GeluGradient(float g, float x) => g * Fp32.GeluGradient(x);

    public static float TanhGradient(float g, float y) => g * MathF.FusedMultiplyAdd(-y, y, 1);

    public static float SigmoidGradient(float g, float y) => g * (y * (1 - y));

    /// <summary>The element that stands at a place of a larger matrix: an operand of one row or one column repeats it.</summary>
    private static float Broadcast(Tensor operand, int row, int column)
    {
        int ownRow = operand.Rows == 1 ? 0 : row;
        int ownColumn = operand.Columns == 1 ? 0 : column;
        return operand.Float32[(ownRow * operand.Columns) + ownColumn];
    }

    private static int Integer(Tensor source, int index) => source.Type switch
    {
        TensorType.Int8 => source.Int8[index],
        TensorType.UInt8 => source.UInt8[index],
        _ => source.Int32[index],
    };
}
