using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>Vector steps of the poolings.</summary>
internal static unsafe class PoolingVector
{
    /// <summary>Replaces every NaN by the canonical one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Canonical(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, value), value, Vector512.Create(Fp32.CanonicalNaNBits).AsSingle());

    /// <summary>Sixteen bytes as ints.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Widen(sbyte* source)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector512Int32(Vector128.Load(source));
        }

        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(source));
        (Vector128<int> a, Vector128<int> b) = Vector128.Widen(low);
        (Vector128<int> c, Vector128<int> d) = Vector128.Widen(high);
        return Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d));
    }

    /// <summary>Sixteen ints in the range of a byte as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Narrow(Vector512<int> value)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector128SByte(value);
        }

        Vector256<short> words = Vector256.Narrow(value.GetLower(), value.GetUpper());
        return Vector128.Narrow(words.GetLower(), words.GetUpper());
    }
}
