using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>The states that all engines share.</summary>
public sealed class ToleranceStateTests
{
    /// <summary>Hashes of the elements by an independent program (numpy).</summary>
    [TestCase("0.weight", 5UL, 3, "9d8835d1b439d9edb6cf6b7e90b9a9621d34b2f4c23aa792fc2beb5a3487136b", 4L, 1L, 3L, 3L)]
    [TestCase("1.weight", ulong.MaxValue, 8, "2ee05542acf678cef948d3096514741ae70e52ecb1a95aa4fe9ee534aebdf130", 32L, 64L)]
    public void Trained_tensors_start_with_these_bits(string name, ulong seed, int rootOfInputs, string hash, params long[] shape)
    {
        StateTensor tensor = ToleranceState.Initial([(name, shape)], [], 0.9f, seed)[name];
        Assert.That(Hash256.Sha256(tensor.Data.Span).ToString(), Is.EqualTo(hash));
        Assert.That(tensor.ToFloat32().Max(Math.Abs), Is.LessThanOrEqualTo(1f / rootOfInputs).And.GreaterThan(0.9f / rootOfInputs));
    }

    [Test]
    public void Small_tensors_momenta_and_buffers_start_as_they_should()
    {
        KeyValuePair<string, StateTensor> counter = new("a.count", StateTensor.FromInt64([3]));
        StateDict state = ToleranceState.Initial([("b.weight", [2]), ("a.bias", [3]), ("c", [])], [counter], 0.5f, 1);
        Assert.That(state.Names, Is.EqualTo(new[] { "a.bias", "a.count", "b.weight", "c", "momentum.a.bias", "momentum.b.weight", "momentum.c" }));
        Assert.That(state["b.weight"].ToFloat32(), Is.EqualTo(new[] { 1f, 1f }));
        Assert.That(state["a.bias"].ToFloat32(), Is.EqualTo(new[] { 0f, 0f, 0f }));
        Assert.That(state["c"].ToFloat32(), Is.EqualTo(new[] { 0f }));
        Assert.That(state["momentum.b.weight"].ToFloat32(), Is.EqualTo(new[] { 0f, 0f }));
        Assert.That(state["a.count"], Is.SameAs(counter.Value));
        Assert.That(ToleranceState.Initial([("b.weight", [2])], [], 0, 1).Names, Is.EqualTo(new[] { "b.weight" }), "no momentum, no momenta");
        Assert.That(() => ToleranceState.Initial([("x", [1]), ("x", [1])], [], 0, 1), Throws.ArgumentException);
    }

    [Test]
    public void The_order_of_the_tensors_does_not_matter_but_names_and_seed_do()
    {
        (string, IReadOnlyList<long>) first = ("a", [4, 4]);
        (string, IReadOnlyList<long>) second = ("b", [4, 4]);
        StateDict state = ToleranceState.Initial([first, second], [], 0.9f, 1);
        Assert.That(ToleranceScene.Text(ToleranceState.Initial([second, first], [], 0.9f, 1)), Is.EqualTo(ToleranceScene.Text(state)));
        Assert.That(state["a"].ToFloat32(), Is.Not.EqualTo(state["b"].ToFloat32()));
        Assert.That(ToleranceState.Initial([first], [], 0.9f, 2)["a"].ToFloat32(), Is.Not.EqualTo(state["a"].ToFloat32()));
    }
}
