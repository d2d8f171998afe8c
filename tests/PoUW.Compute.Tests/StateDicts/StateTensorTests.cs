using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tests.StateDicts;

[TestFixture]
public sealed class StateTensorTests
{
    [Test]
    public void ValuesComeBack() => Assert.Multiple(() =>
    {
        Assert.That(StateTensor.FromFloat32([1.5f, -2], 2, 1).ToFloat32(), Is.EqualTo(new[] { 1.5f, -2 }));
        Assert.That(StateTensor.FromInt32([1, -2], 2).ToInt32(), Is.EqualTo(new[] { 1, -2 }));
        Assert.That(StateTensor.FromInt64([long.MinValue]).ToInt64(), Is.EqualTo(new[] { long.MinValue }));
        Assert.That(StateTensor.FromInt8([-128, 127], 2).ToInt64(), Is.EqualTo(new[] { -128, 127 }));
        Assert.That(StateTensor.FromUInt8([255], 1).ToInt32(), Is.EqualTo(new[] { 255 }));
        Assert.That(StateTensor.FromBool([true, false], 2).ToInt32(), Is.EqualTo(new[] { 1, 0 }));
        Assert.That(StateTensor.FromInt64([5], 1, 1).ToInt32(), Is.EqualTo(new[] { 5 }));
    });

    [Test]
    public void ShapeTypeAndLengthAreThoseOfTheData()
    {
        StateTensor tensor = StateTensor.FromFloat32(new float[6], 2, 3);
        Assert.Multiple(() =>
        {
            Assert.That(tensor.Shape, Is.EqualTo(new[] { 2, 3 }));
            Assert.That(tensor.Length, Is.EqualTo(6));
            Assert.That(tensor.ToString(), Is.EqualTo("Float32[2, 3]"));
            Assert.That(StateTensor.FromFloat32([1]).Shape, Is.Empty);
            Assert.That(StateTensor.FromFloat32([], 0, 5).Length, Is.Zero);
        });
    }

    /// <summary>Halves of the last bit go to the even neighbour.</summary>
    [Test]
    public void Float64IsRoundedToNearestEven()
    {
        double[] values = [1 + Math.Pow(2, -24), 1 + (3 * Math.Pow(2, -24)), 1e300, Math.Pow(2, -150), 1.0000001];
        float[] expected = [1, 1 + MathF.Pow(2, -22), float.PositiveInfinity, 0, 1.0000001f];
        Assert.That(StateTensor.FromFloat64(values, 5).ToFloat32(), Is.EqualTo(expected));
    }

    [Test]
    public void AConversionThatWouldChangeAValueIsRefused() => Assert.Multiple(() =>
    {
        Assert.That(() => StateTensor.FromInt64([1, 1L << 31], 2).ToInt32(), Throws.TypeOf<StateDictException>().With.Message.Contains("Element 1 is 2147483648"));
        Assert.That(() => new StateTensor(StateTensorType.UInt64, [1], new byte[] { 0, 0, 0, 0, 0, 0, 0, 128 }).ToInt64(), Throws.TypeOf<StateDictException>());
        Assert.That(() => new StateTensor(StateTensorType.UInt32, [1], new byte[] { 0, 0, 0, 128 }).ToInt32(), Throws.TypeOf<StateDictException>());
        Assert.That(() => StateTensor.FromFloat32([1]).ToInt32(), Throws.TypeOf<StateDictException>());
        Assert.That(() => StateTensor.FromFloat32([1]).ToInt64(), Throws.TypeOf<StateDictException>());
        Assert.That(() => StateTensor.FromInt32([1]).ToFloat32(), Throws.TypeOf<StateDictException>());
    });

    [Test]
    public void WhatIsNoTensorIsRefused() => Assert.Multiple(() =>
    {
        Assert.That(() => StateTensor.FromFloat32([1, 2], 3), Throws.ArgumentException);
        Assert.That(() => StateTensor.FromFloat32([], -1, 0), Throws.ArgumentException);
        Assert.That(() => StateTensor.FromUInt8([], 1L << 32, 1L << 32), Throws.ArgumentException);
        Assert.That(() => new StateTensor((StateTensorType)99, [], new byte[1]), Throws.ArgumentException);
    });

    [Test]
    public void AStateDictKeepsItsOrderAndRefusesNamesTwice()
    {
        KeyValuePair<string, StateTensor>[] pairs = [new("z", StateTensor.FromInt32([1])), new("a", StateTensor.FromInt32([2]))];
        StateDict dict = new(pairs);
        Assert.Multiple(() =>
        {
            Assert.That(dict.Names, Is.EqualTo(new[] { "z", "a" }));
            Assert.That(dict, Is.EqualTo(pairs));
            Assert.That(dict["a"].ToInt32(), Is.EqualTo(new[] { 2 }));
            Assert.That(dict.Contains("z") && !dict.Contains("b") && !dict.TryGet("b", out _));
            Assert.That(() => dict["b"], Throws.TypeOf<StateDictException>().With.Message.Contains("'b'"));
            Assert.That(() => new StateDict([.. pairs, pairs[0]]), Throws.ArgumentException);
        });
    }
}
