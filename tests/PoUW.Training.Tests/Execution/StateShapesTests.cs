using PoUW.Compute.StateDicts;
using PoUW.Training.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
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

    [Test]
    public void The_names_of_deep_modules_travel_as_far_as_a_root_can_hold_their_length()
    {
        StateDict longest = Named(255);
        StateShapes shapes = new(longest);
        ModelState committed = shapes.ToModelState(longest);
        Assert.Multiple(() =>
        {
            Assert.That(ModelState.TryDecode(committed.Encoded.Span, VmLimits.Default, out ModelState? read).IsValid, Is.True);
            Assert.That(shapes.ToStateDict(read!).Names, Is.EqualTo(longest.Names));
            Assert.That(() => new StateShapes(Named(256)), Throws.TypeOf<TrainingException>().With.Message.Contains("255"));
        });
    }

    [Test]
    public void A_fetched_state_with_a_longer_name_is_refused_and_does_not_throw()
    {
        byte[] hostile = MachineState.Encode([(Named(256).Names[0], new Tensor(TensorType.Float32, 1, 1))]);
        Assert.That(ModelState.TryDecode(hostile, VmLimits.Default, out _).IsValid, Is.False);
    }

    [Test]
    public void A_state_that_no_array_holds_is_refused_before_it_is_encoded()
    {
        StateTensor some = new(StateTensorType.Float32, [1 << 22], new byte[1 << 24]);
        StateDict huge = new(Enumerable.Range(0, 128).Select(i => new KeyValuePair<string, StateTensor>($"t{i}", some)));
        Assert.That(() => new StateShapes(huge), Throws.TypeOf<TrainingException>().With.Message.Contains("too large"));
    }

    private static StateDict Named(int length) => new([new(new string('n', length), StateTensor.FromFloat32([1], 1))]);

    private static StateDict With(string name, StateTensor tensor) =>
        new(State.Select(entry => entry.Key == name ? new KeyValuePair<string, StateTensor>(name, tensor) : entry));
}
