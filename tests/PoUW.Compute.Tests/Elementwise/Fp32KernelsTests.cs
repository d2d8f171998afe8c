using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Tests.Elementwise;

[TestFixture]
public sealed class Fp32KernelsTests
{
    private static readonly CpuKernel[] Widths = [CpuKernel.Portable, CpuKernel.Avx2, CpuKernel.Avx512, CpuKernel.AvxVnni];

    private static readonly (string Name, Func<float, float> Definition, Kernel Vector)[] Functions =
    [
        ("exp", Fp32.Exp, Fp32Kernels.Exp),
        ("log", Fp32.Log, Fp32Kernels.Log),
        ("tanh", Fp32.Tanh, Fp32Kernels.Tanh),
        ("sigmoid", Fp32.Sigmoid, Fp32Kernels.Sigmoid),
        ("rsqrt", Fp32.Rsqrt, Fp32Kernels.Rsqrt),
        ("erf", Fp32.Erf, Fp32Kernels.Erf),
        ("gelu", Fp32.Gelu, Fp32Kernels.Gelu),
        ("geluGradient", Fp32.GeluGradient, Fp32Kernels.GeluGradient),
        ("cosTwoPi", Fp32.CosTwoPi, Fp32Kernels.CosTwoPi),
        ("sinTwoPi", Fp32.SinTwoPi, Fp32Kernels.SinTwoPi),
    ];

    private delegate void Kernel(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result);

    // A width that the machine lacks runs in pieces and must give the same bits, so no case is left out.
    private static IEnumerable<TestCaseData> Cases =>
        from function in Functions from width in Widths select new TestCaseData(function.Name, width);

    [TestCaseSource(nameof(Cases))]
    public void BitsAreThoseOfTheDefinition(string name, CpuKernel width)
    {
        (_, Func<float, float> definition, Kernel vector) = Functions.Single(f => f.Name == name);
        float[] source = [.. FloatSamples.Special(), .. FloatSamples.Random(200_000, seed: 3)];
        float[] result = new float[source.Length];
        vector(width, source, result);
        AssertSame(source, Array.ConvertAll(source, x => definition(x)), result);
    }

    [TestCaseSource(nameof(Cases))]
    public void EveryLengthGivesTheSameBitsAndTouchesNothingElse(string name, CpuKernel width)
    {
        (_, Func<float, float> definition, Kernel vector) = Functions.Single(f => f.Name == name);
        float[] source = [.. FloatSamples.Random(70, seed: 11)];
        for (int length = 0; length <= source.Length; length++)
        {
            float[] result = new float[source.Length + 1];
            Array.Fill(result, 42f);
            vector(width, source.AsSpan(0, length), result.AsSpan(1, length));
            float[] expected = [42f, .. source.Take(length).Select(definition), .. Enumerable.Repeat(42f, source.Length - length)];
            AssertSame([0f, .. source], expected, result);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void TheResultMayBeTheSource(string name, CpuKernel width)
    {
        (_, Func<float, float> definition, Kernel vector) = Functions.Single(f => f.Name == name);
        float[] source = [.. FloatSamples.Random(101, seed: 5)];
        float[] values = [.. source];
        vector(width, values, values);
        AssertSame(source, Array.ConvertAll(source, x => definition(x)), values);
    }

    [Test]
    public void LengthsMustAgree() =>
        Assert.That(() => Fp32Kernels.Exp(CpuKernel.Portable, new float[3], new float[4]), Throws.ArgumentException);

    private static void AssertSame(float[] source, float[] expected, float[] found)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(found[i]))
            {
                Assert.Fail($"At {i}, argument {source[i]:R}: expected {expected[i]:R}, found {found[i]:R}.");
            }
        }
    }
}
