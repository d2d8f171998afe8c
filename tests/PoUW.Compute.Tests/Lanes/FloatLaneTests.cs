using System.Runtime.Intrinsics;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Tests.Lanes;

/// <summary>Each operation of a lane against the same operation on scalars; NaNs are compared as NaNs.</summary>
[TestFixture(typeof(Float128Lane), typeof(Vector128<float>), typeof(Vector128<double>))]
[TestFixture(typeof(Float256Lane), typeof(Vector256<float>), typeof(Vector256<double>))]
[TestFixture(typeof(Float512Lane), typeof(Vector512<float>), typeof(Vector512<double>))]
internal sealed class FloatLaneTests<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    private static readonly float[] Values = [.. FloatSamples.Special(), .. FloatSamples.Random(60, seed: 1)];

    [Test]
    public void MaxAndMinAreThoseOfTheDefinition()
    {
        Check((x, y) => TLane.Canonical(TLane.Max(x, y)), Fp32.Max);
        Check((x, y) => TLane.Canonical(TLane.Min(x, y)), Fp32.Min);
    }

    [Test]
    public void ArithmeticIsThatOfScalars()
    {
        Check((x, y) => TLane.Canonical(TLane.Add(x, y)), (x, y) => Fp32.Canonical(x + y));
        Check((x, y) => TLane.Canonical(TLane.Subtract(x, y)), (x, y) => Fp32.Canonical(x - y));
        Check((x, y) => TLane.Canonical(TLane.Multiply(x, y)), (x, y) => Fp32.Canonical(x * y));
        Check((x, y) => TLane.Canonical(TLane.Divide(x, y)), (x, y) => Fp32.Canonical(x / y));
        Check((x, _) => TLane.Canonical(TLane.Sqrt(x)), (x, _) => Fp32.Canonical(MathF.Sqrt(x)));
        Check((x, y) => TLane.Canonical(TLane.Fma(x, y, x)), (x, y) => Fp32.Canonical(MathF.FusedMultiplyAdd(x, y, x)));
    }

    [Test]
    public void WideArithmeticIsThatOfScalars()
    {
        CheckWide(TLane.Add, (x, y) => x + y);
        CheckWide(TLane.Subtract, (x, y) => x - y);
        CheckWide(TLane.Multiply, (x, y) => x * y);
        CheckWide(TLane.Divide, (x, y) => x / y);
        CheckWide((x, _) => TLane.Sqrt(x), (x, _) => Math.Sqrt(x));
        CheckWide((x, y) => TLane.Fma(x, y, y), (x, y) => Math.FusedMultiplyAdd(x, y, y));
        CheckWide((x, _) => TLane.Abs(x), (x, _) => Math.Abs(x));
        CheckWide(TLane.Xor, (x, y) => OnBits(x, y, (a, b) => a ^ b));
        CheckWide(TLane.Or, (x, y) => OnBits(x, y, (a, b) => a | b));
        CheckWide(TLane.AddBits, (x, y) => OnBits(x, y, (a, b) => unchecked(a + b)));
        CheckWide((x, _) => TLane.ShiftLeftBits(x, 7), (x, _) => OnBits(x, 0, (a, _) => a << 7));
        CheckWide((x, _) => TLane.ShiftRightBits(x, 7), (x, _) => OnBits(x, 0, (a, _) => a >>> 7));
        CheckWide((x, y) => TLane.Select(TLane.Less(x, y), x, TLane.CreateWide(3)), (x, y) => x < y ? x : 3);
        CheckWide((x, y) => TLane.Select(TLane.Equal(x, y), x, TLane.CreateWideBits(1)), (x, y) => x == y ? x : double.Epsilon);
    }

    [Test]
    public void BitsAndComparisonsAreThoseOfScalars()
    {
        Check((x, y) => TLane.Canonical(TLane.Xor(x, y)), (x, y) => Fp32.Canonical(OnBits(x, y, (a, b) => a ^ b)));
        Check((x, y) => TLane.Canonical(TLane.Or(x, y)), (x, y) => Fp32.Canonical(OnBits(x, y, (a, b) => a | b)));
        Check((x, y) => TLane.Canonical(TLane.And(x, y)), (x, y) => Fp32.Canonical(OnBits(x, y, (a, b) => a & b)));
        Check((x, _) => TLane.Canonical(TLane.Abs(x)), (x, _) => Fp32.Canonical(MathF.Abs(x)));
        Check((x, y) => TLane.Select(TLane.Less(x, y), TLane.Create(1), TLane.Create(-0f)), (x, y) => x < y ? 1 : -0f);
        Check((x, y) => TLane.Select(TLane.Equal(x, y), TLane.Create(1), TLane.Create(-0f)), (x, y) => x == y ? 1 : -0f);
    }

    /// <summary>A product of two floats is exact when wide, so narrowing shows its one rounding, subnormal results and overflow.</summary>
    [Test]
    public void WideningIsExactAndNarrowingRoundsOnce()
    {
        Check(
            (x, y) =>
            {
                (TWide lowX, TWide highX) = TLane.Widen(x);
                (TWide lowY, TWide highY) = TLane.Widen(y);
                return TLane.Canonical(TLane.Narrow(TLane.Multiply(lowX, lowY), TLane.Multiply(highX, highY)));
            },
            (x, y) => Fp32.Canonical((float)((double)x * y)));
    }

    private static unsafe void Check(Func<TFloat, TFloat, TFloat> lane, Func<float, float, float> scalar)
    {
        float[] left = new float[TLane.Width];
        float[] found = new float[TLane.Width];
        for (int from = 0; from + TLane.Width <= Values.Length; from++)
        {
            foreach (float y in Values)
            {
                Array.Copy(Values, from, left, 0, left.Length);
                fixed (float* source = left, target = found)
                {
                    TLane.Store(lane(TLane.Load(source), TLane.Create(y)), target);
                }

                for (int i = 0; i < left.Length; i += 3)
                {
                    if (BitConverter.SingleToInt32Bits(found[i]) != BitConverter.SingleToInt32Bits(scalar(left[i], y)))
                    {
                        Assert.Fail($"{left[i]:R} and {y:R}: expected {scalar(left[i], y):R}, found {found[i]:R}.");
                    }
                }
            }
        }
    }

    private static void CheckWide(Func<TWide, TWide, TWide> lane, Func<double, double, double> scalar)
    {
        Random random = new(2);
        for (int i = 0; i < 2000; i++)
        {
            (double x, double y) = (NextDouble(random), i % 5 == 0 ? NextDouble(random) : (double)Values[i % Values.Length]);
            x = i % 7 == 0 ? y : x;
            TWide result = lane(TLane.CreateWide(x), TLane.CreateWide(y));
            double expected = scalar(x, y);
            ReadOnlySpan<TWide> vector = new(in result);
            foreach (double found in System.Runtime.InteropServices.MemoryMarshal.Cast<TWide, double>(vector))
            {
                bool same = BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(expected);
                Assert.That(same || (double.IsNaN(found) && double.IsNaN(expected)), $"{x:R} and {y:R}: expected {expected:R}, found {found:R}.");
            }
        }
    }

    private static double NextDouble(Random random) => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));

    private static double OnBits(double x, double y, Func<long, long, long> operation) =>
        BitConverter.Int64BitsToDouble(operation(BitConverter.DoubleToInt64Bits(x), BitConverter.DoubleToInt64Bits(y)));

    private static float OnBits(float x, float y, Func<int, int, int> operation) =>
        BitConverter.Int32BitsToSingle(operation(BitConverter.SingleToInt32Bits(x), BitConverter.SingleToInt32Bits(y)));
}
