using PoUW.Compute.StateDicts;
using PoUW.Training.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Tests.Execution;

[TestFixture]
public sealed class StateShapesTests
{
    private static readonly StateDict State = new([
        new("bias", StateTensor.FromFloat32([1, -2], 2)),
        new("counter", StateTensor.FromInt64([41])),
        new("weight", StateTensor.FromFloat32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 3, 2, 2)),
    ]);

    private static readonly StateShapes Shapes = new(State);

    [Test]
    public void A_state_comes_back_as_it_was()
    {
        ModelState committed = Shapes.ToModelState(State);
        StateDict back = Shapes.ToStateDict(committed);
        Assert.Multiple(() =>
        {
            Assert.That(committed.Tensors.Select(static t => (t.Name, t.Tensor.Type, t.Tensor.Rows, t.Tensor.Columns)), Is.EqualTo(new[]
            {
                ("bias", TensorType.Float32, 2, 1), ("counter", TensorType.Int64, 1, 1), ("weight", TensorType.Float32, 3, 4),
            }));
            Assert.That(back.Names, Is.EqualTo(State.Names));
            Assert.That(back.Select(static entry => entry.Value.ToString()), Is.EqualTo(State.Select(static entry => entry.Value.ToString())));
            Assert.That(back.Select(static entry => entry.Value.Data.ToArray()), Is.EqualTo(State.Select(static entry => entry.Value.Data.ToArray())));
        });
    }

    [Test]
    public void A_state_of_another_module_is_refused()
    {
        StateDict[] others =
        [
            new(State.Take(2)),
            new(State.Reverse()),
            With("bias", StateTensor.FromFloat32([1, -2], 1, 2)),
            With("bias", StateTensor.FromFloat64([1, -2], 2)),
            new([.. State, new("more", StateTensor.FromFloat32([1], 1))]),
        ];
        Assert.Multiple(() =>
        {
            foreach (StateDict other in others)
            {
                Assert.That(() => Shapes.ToModelState(other), Throws.TypeOf<TrainingException>(), string.Join(", ", other.Select(e => e.Value)));
            }
        });
    }

    [Test]
    public void A_claimed_state_of_another_job_is_refused()
    {
        (string Name, Tensor Tensor)[] right = [.. Shapes.ToModelState(State).Tensors];
        IReadOnlyList<(string Name, Tensor Tensor)>[] others =
        [
            right[..2],
            [("other", right[0].Tensor), right[1], right[2]],
            [("bias", new Tensor(TensorType.Float32, 1, 2)), right[1], right[2]],
            [("bias", new Tensor(TensorType.Int32, 2, 1)), right[1], right[2]],
            [right[1], right[0], right[2]],
        ];
        Assert.Multiple(() =>
        {
            foreach (IReadOnlyList<(string Name, Tensor Tensor)> other in others)
            {
                Assert.That(() => Shapes.ToStateDict(new ModelState(other)), Throws.TypeOf<TrainingException>());
            }
        });
    }

    [Test]
    public void Only_full_tensors_of_fp32_and_int64_have_a_place()
    {
        StateTensor[] refused = [StateTensor.FromFloat64([1.0]), StateTensor.FromInt32([1]), StateTensor.FromFloat32([], 0)];
        Assert.Multiple(() =>
        {
            foreach (StateTensor tensor in refused)
            {
                Assert.That(() => new StateShapes(new StateDict([new("t", tensor)])), Throws.TypeOf<TrainingException>().With.Message.Contains("'t'"));
            }
        });
    }

    [TestCase(65)]
    [TestCase(255)]
    public void The_names_of_deep_modules_travel(int length)
    {
        StateDict state = new([new(string.Concat(Enumerable.Repeat("n", length)), StateTensor.FromFloat32([1], 1))]);
        ModelState committed = new StateShapes(state).ToModelState(state);
        Assert.That(ModelState.TryDecode(committed.Encoded.Span, VmLimits.Default, out _).IsValid, Is.True);
    }

    private static StateDict With(string name, StateTensor tensor) =>
        new(State.Select(entry => entry.Key == name ? new KeyValuePair<string, StateTensor>(name, tensor) : entry));
}
