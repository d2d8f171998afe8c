using System.Globalization;
using System.Text.Json;
using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Tests.Arithmetic;

[TestFixture]
public sealed class Fp32Tests
{
    private const int Samples = 1_000_000;
    private const float Inf = float.PositiveInfinity;

    private static IEnumerable<Fp32Reference> Monotonic => Fp32Reference.All.Where(function => function.Direction != 0);

    [TestCaseSource(typeof(Fp32Reference), nameof(Fp32Reference.All))]
    public void PinnedVectors(Fp32Reference function)
    {
        foreach (uint[] row in Vectors(function.Name))
        {
            Assert.That(Bits(function.Definition(Float(row[0]))), Is.EqualTo(row[1]), $"{function.Name}({row[0]:x8})");
        }
    }

    [TestCase("max", 1)]
    [TestCase("min", -1)]
    public void PinnedPairs(string name, int sign)
    {
        foreach (uint[] row in Vectors(name))
        {
            (float left, float right) = (Float(row[0]), Float(row[1]));
            Assert.That(Bits(sign > 0 ? Fp32.Max(left, right) : Fp32.Min(left, right)), Is.EqualTo(row[2]), $"{name}({left}, {right})");
        }
    }

    [TestCaseSource(typeof(Fp32Reference), nameof(Fp32Reference.All))]
    public void ResultsAreWithinAThousandthOfTheBestRounding(Fp32Reference function)
    {
        (double worst, float at) = (0, 0);
        foreach (float x in Sample(Samples))
        {
            double error = function.UlpError(x, function.Definition(x));
            if (error > worst)
            {
                (worst, at) = (error, x);
            }
        }

        Assert.That(worst, Is.GreaterThan(0.49).And.LessThan(0.501), $"{function.Name}({at:R})");
    }

    [TestCaseSource(typeof(Fp32Reference), nameof(Fp32Reference.All))]
    public void EveryNaNIsCanonical(Fp32Reference function)
    {
        Random random = new(7);
        for (int i = 0; i < 1000; i++)
        {
            uint payload = 0x7F800001 + (uint)random.Next(0x7FFFFE);
            Assert.That(Bits(function.Definition(Float(payload))), Is.EqualTo(Fp32.CanonicalNaNBits));
            Assert.That(Bits(function.Definition(Float(payload | 0x80000000))), Is.EqualTo(Fp32.CanonicalNaNBits));
        }
    }

    [TestCaseSource(nameof(Monotonic))]
    public void NeighboursKeepTheOrder(Fp32Reference function)
    {
        foreach (float x in Sample(Samples / 4).Where(float.IsFinite))
        {
            float next = Float(Bits(x) + 1);
            Assert.That(function.IsBreak(x, function.Definition(x), function.Definition(next)), Is.False, $"{function.Name}({x:R})");
        }
    }

    [TestCase("tanh")]
    [TestCase("erf")]
    [TestCase("sinTwoPi")]
    public void OddFunctionsMirrorTheBits(string name)
    {
        Func<float, float> function = Function(name);
        foreach (float x in Sample(Samples / 4).Where(x => !float.IsNaN(x)))
        {
            Assert.That(Bits(Fp32.Canonical(-function(x))), Is.EqualTo(Bits(function(-x))), $"{name}({x:R})");
        }
    }

    [TestCase("exp", 0f, 1f)]
    [TestCase("exp", -0f, 1f)]
    [TestCase("exp", -Inf, 0f)]
    [TestCase("exp", Inf, Inf)]
    [TestCase("exp", 88.72284f, Inf)]
    [TestCase("exp", -103.97208f, 1e-45f)]
    [TestCase("exp", -103.97209f, 0f)]
    [TestCase("log", 1f, 0f)]
    [TestCase("log", 0f, -Inf)]
    [TestCase("log", -0f, -Inf)]
    [TestCase("log", Inf, Inf)]
    [TestCase("log", -1f, float.NaN)]
    [TestCase("log", -1e-45f, float.NaN)]
    [TestCase("log", -Inf, float.NaN)]
    [TestCase("tanh", 0f, 0f)]
    [TestCase("tanh", -0f, -0f)]
    [TestCase("tanh", Inf, 1f)]
    [TestCase("tanh", -Inf, -1f)]
    [TestCase("tanh", 1e-45f, 1e-45f)]
    [TestCase("tanh", 9.1f, 1f)]
    [TestCase("sigmoid", 0f, 0.5f)]
    [TestCase("sigmoid", -Inf, 0f)]
    [TestCase("sigmoid", Inf, 1f)]
    [TestCase("rsqrt", 0f, Inf)]
    [TestCase("rsqrt", -0f, -Inf)]
    [TestCase("rsqrt", Inf, 0f)]
    [TestCase("rsqrt", -1f, float.NaN)]
    [TestCase("rsqrt", 0.25f, 2f)]
    [TestCase("erf", 0f, 0f)]
    [TestCase("erf", -0f, -0f)]
    [TestCase("erf", Inf, 1f)]
    [TestCase("erf", -Inf, -1f)]
    [TestCase("gelu", 0f, 0f)]
    [TestCase("gelu", -0f, -0f)]
    [TestCase("gelu", Inf, Inf)]
    [TestCase("gelu", -Inf, -0f)]
    [TestCase("gelu", -15f, -0f)]
    [TestCase("gelu", 3.4028235e38f, 3.4028235e38f)]
    [TestCase("gelu", 1e-40f, 5e-41f)]
    [TestCase("geluGradient", 0f, 0.5f)]
    [TestCase("geluGradient", -0f, 0.5f)]
    [TestCase("geluGradient", Inf, 1f)]
    [TestCase("geluGradient", -Inf, -0f)]
    [TestCase("cosTwoPi", 0f, 1f)]
    [TestCase("cosTwoPi", 0.25f, 0f)]
    [TestCase("cosTwoPi", 0.5f, -1f)]
    [TestCase("cosTwoPi", -0.75f, 0f)]
    [TestCase("cosTwoPi", 1e30f, 1f)]
    [TestCase("cosTwoPi", Inf, float.NaN)]
    [TestCase("sinTwoPi", 0.25f, 1f)]
    [TestCase("sinTwoPi", 0.5f, 0f)]
    [TestCase("sinTwoPi", -0.5f, -0f)]
    [TestCase("sinTwoPi", 0.75f, -1f)]
    [TestCase("sinTwoPi", -1e30f, -0f)]
    [TestCase("sinTwoPi", -Inf, float.NaN)]
    public void ExactPoints(string name, float x, float expected) =>
        Assert.That(Bits(Function(name)(x)), Is.EqualTo(Bits(Fp32.Canonical(expected))));

    [Test]
    public void CanonicalLeavesNumbersAlone()
    {
        Assert.That(Bits(Fp32.Canonical(Float(0xFFFFFFFF))), Is.EqualTo(0x7FC00000));
        Assert.That(Bits(Fp32.Canonical(-0f)), Is.EqualTo(0x80000000));
        Assert.That(Bits(Fp32.Canonical(-Inf)), Is.EqualTo(0xFF800000));
    }

    [Test]
    public void TheReferenceAgreesWithKnownValues()
    {
        // Abramowitz and Stegun, tables 7.1 and 26.2.
        Assert.That(NormalReference.Erf(0.5), Is.EqualTo(0.5204998778).Within(1e-10));
        Assert.That(NormalReference.Erf(2), Is.EqualTo(0.9953222650).Within(1e-10));
        Assert.That(NormalReference.Gelu(-5) / -5, Is.EqualTo(2.866515719e-7).Within(1e-16));
        Assert.That(NormalReference.Gelu(-10) / -10, Is.EqualTo(7.619853024e-24).Within(1e-32));
    }

    /// <summary>Half are any bits at all, half are numbers of moderate size, where the functions bend.</summary>
    private static IEnumerable<float> Sample(int count)
    {
        Random random = new(20240917);
        for (int i = 0; i < count; i += 2)
        {
            yield return Float((uint)random.NextInt64(1L << 32));
            uint exponent = (uint)random.Next(127 - 30, 127 + 7);
            yield return Float(((uint)random.Next(2) << 31) | (exponent << 23) | (uint)random.Next(1 << 23));
        }
    }

    private static Func<float, float> Function(string name) => Fp32Reference.All.Single(f => f.Name == name).Definition;

    private static IEnumerable<uint[]> Vectors(string name)
    {
        DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests", "vectors")))
        {
            folder = folder.Parent;
        }

        Assert.That(folder, Is.Not.Null, "The folder tests/vectors was not found above the test output.");
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(folder!.FullName, "tests", "vectors", "fp32-functions.json")));
        uint[][] rows = [.. document.RootElement.GetProperty("functions").GetProperty(name).EnumerateArray().Select(Row)];
        Assert.That(rows, Has.Length.GreaterThan(8));
        return rows;
    }

    private static uint[] Row(JsonElement row) =>
        [.. row.EnumerateArray().Select(bits => uint.Parse(bits.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];

    private static float Float(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
