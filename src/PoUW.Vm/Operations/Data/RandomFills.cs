using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Operations.Data;

/// <summary>
/// Definitions of the operations that fill a Float32 tensor. The random ones read the words of <see cref="Philox4x32"/> under the arguments
/// key and stream: word i is word i mod 4 of block i / 4. Of a word the upper 24 bits are used: so many an fp32 number holds exactly.
/// </summary>
internal static class RandomFills
{
    private const int DroppedBits = 8;
    private const float Unit = 1f / (1 << 24);

    /// <summary>Immediates: low, high.</summary>
    public static long Uniform(in TensorCall call)
    {
        (float low, float high) = (call.FloatImmediate(0), call.FloatImmediate(1));
        Span<float> result = call[0].Float32;
        for (int i = 0; i < result.Length; i++)
        {
            float u = Bits(call, i) * Unit;
            result[i] = Fp32.Canonical(MathF.FusedMultiplyAdd(u, high - low, low));
        }

        return 0;
    }

    /// <summary>Immediates: mean, deviation. The cosine half of G. E. P. Box and M. E. Muller's transformation (1958).</summary>
    public static long Normal(in TensorCall call)
    {
        (float mean, float deviation) = (call.FloatImmediate(0), call.FloatImmediate(1));
        Span<float> result = call[0].Float32;
        for (int i = 0; i < result.Length; i++)
        {
            float u1 = (Bits(call, 2L * i) + 1) * Unit;
            float u2 = Bits(call, (2L * i) + 1) * Unit;
            float z = MathF.Sqrt(-2 * Fp32.Log(u1)) * Fp32.CosTwoPi(u2);
            result[i] = Fp32.Canonical(MathF.FusedMultiplyAdd(z, deviation, mean));
        }

        return 0;
    }

    /// <summary>Immediates: threshold, scale.</summary>
    public static long DropoutMask(in TensorCall call)
    {
        (int threshold, float scale) = (call.Immediates[0], call.FloatImmediate(1));
        Span<float> result = call[0].Float32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Bits(call, i) >= threshold ? scale : 0;
        }

        return 0;
    }

    /// <summary>Immediate: value.</summary>
    public static long Fill(in TensorCall call)
    {
        call[0].Float32.Fill(call.FloatImmediate(0));
        return 0;
    }

    /// <summary>The upper 24 bits of a word.</summary>
    private static int Bits(in TensorCall call, long index)
    {
        (ulong key, ulong stream) = unchecked(((ulong)call.Arguments[0], (ulong)call.Arguments[1]));
        (uint x0, uint x1, uint x2, uint x3) = Philox4x32.Block(key, stream, (ulong)index / 4);
        uint word = (index % 4) switch { 0 => x0, 1 => x1, 2 => x2, _ => x3 };
        return (int)(word >> DroppedBits);
    }
}
