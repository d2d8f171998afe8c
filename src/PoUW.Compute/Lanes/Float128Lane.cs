using System.Runtime.Intrinsics;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Lanes;

/// <summary>128 bits: Arm64, and what is left.</summary>
internal readonly unsafe struct Float128Lane : IFloatLane<Vector128<float>, Vector128<double>>
{
    public static int Width => Vector128<float>.Count;

    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);

    public static Vector128<float> Create(float value) => Vector128.Create(value);

    public static Vector128<double> CreateWide(double value) => Vector128.Create(value);

    public static Vector128<double> CreateWideBits(long bits) => Vector128.Create(bits).AsDouble();

    public static (Vector128<double> Lower, Vector128<double> Upper) Widen(Vector128<float> value) => Vector128.Widen(value);

    public static Vector128<float> Narrow(Vector128<double> lower, Vector128<double> upper) => Vector128.Narrow(lower, upper);

    public static Vector128<float> Add(Vector128<float> x, Vector128<float> y) => x + y;

    public static Vector128<double> Add(Vector128<double> x, Vector128<double> y) => x + y;

    public static Vector128<float> Subtract(Vector128<float> x, Vector128<float> y) => x - y;

    public static Vector128<double> Subtract(Vector128<double> x, Vector128<double> y) => x - y;

    public static Vector128<float> Multiply(Vector128<float> x, Vector128<float> y) => x * y;

    public static Vector128<double> Multiply(Vector128<double> x, Vector128<double> y) => x * y;

    public static Vector128<float> Divide(Vector128<float> x, Vector128<float> y) => x / y;

    public static Vector128<double> Divide(Vector128<double> x, Vector128<double> y) => x / y;

    public static Vector128<float> Fma(Vector128<float> x, Vector128<float> y, Vector128<float> z) => Vector128.FusedMultiplyAdd(x, y, z);

    public static Vector128<double> Fma(Vector128<double> x, Vector128<double> y, Vector128<double> z) => Vector128.FusedMultiplyAdd(x, y, z);

    public static Vector128<float> Sqrt(Vector128<float> x) => Vector128.Sqrt(x);

    public static Vector128<double> Sqrt(Vector128<double> x) => Vector128.Sqrt(x);

    public static Vector128<float> Less(Vector128<float> x, Vector128<float> y) => Vector128.LessThan(x, y);

    public static Vector128<double> Less(Vector128<double> x, Vector128<double> y) => Vector128.LessThan(x, y);

    public static Vector128<float> Equal(Vector128<float> x, Vector128<float> y) => Vector128.Equals(x, y);

    public static Vector128<double> Equal(Vector128<double> x, Vector128<double> y) => Vector128.Equals(x, y);

    public static Vector128<float> Select(Vector128<float> mask, Vector128<float> x, Vector128<float> y) => Vector128.ConditionalSelect(mask, x, y);

    public static Vector128<double> Select(Vector128<double> mask, Vector128<double> x, Vector128<double> y) => Vector128.ConditionalSelect(mask, x, y);

    public static Vector128<float> And(Vector128<float> x, Vector128<float> y) => x & y;

    public static Vector128<double> And(Vector128<double> x, Vector128<double> y) => x & y;

    public static Vector128<float> Or(Vector128<float> x, Vector128<float> y) => x | y;

    public static Vector128<double> Or(Vector128<double> x, Vector128<double> y) => x | y;

    public static Vector128<float> Xor(Vector128<float> x, Vector128<float> y) => x ^ y;

    public static Vector128<double> Xor(Vector128<double> x, Vector128<double> y) => x ^ y;

    public static Vector128<float> Abs(Vector128<float> x) => Vector128.Abs(x);

    public static Vector128<double> Abs(Vector128<double> x) => Vector128.Abs(x);

    public static Vector128<double> AddBits(Vector128<double> x, Vector128<double> y) => (x.AsInt64() + y.AsInt64()).AsDouble();

    public static Vector128<double> ShiftLeftBits(Vector128<double> x, int count) => (x.AsInt64() << count).AsDouble();

    public static Vector128<double> ShiftRightBits(Vector128<double> x, int count) => (x.AsInt64() >>> count).AsDouble();

    public static Vector128<float> Canonical(Vector128<float> value) => Select(Equal(value, value), value, NaN());

    public static Vector128<float> Max(Vector128<float> x, Vector128<float> y)
    {
        // Zeros are the only equal numbers with different bits; and-ing them gives +0 unless both are negative.
        Vector128<float> largest = Select(Equal(x, y), x & y, Select(Less(y, x), x, y));
        return Select(Equal(x, x) & Equal(y, y), largest, NaN());
    }

    public static Vector128<float> Min(Vector128<float> x, Vector128<float> y)
    {
        Vector128<float> smallest = Select(Equal(x, y), x | y, Select(Less(x, y), x, y));
        return Select(Equal(x, x) & Equal(y, y), smallest, NaN());
    }

    private static Vector128<float> NaN() => Vector128.Create(Fp32.CanonicalNaNBits).AsSingle();
}
