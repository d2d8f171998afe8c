using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Plans;
using PoUW.Compute.Runners;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>ReLU and bias in front of a max pooling are written behind it.</summary>
public sealed class PooledActivationTests
{
    private const int Samples = 12;
    private const int Side = 8;
    private const int Pixels = Samples * Side * Side;
    private const int Pooled = Pixels / 4;

    [Test]
    public void The_forward_pass_keeps_its_bits()
    {
        float[] expected = Start(InOrder()).Predict(0);
        Assert.That(Start(Model()).Predict(0), Is.EqualTo(expected));
    }

    [TestCase("conv.weight")]
    [TestCase("conv.bias")]
    [TestCase("fc.weight")]
    public void Gradients_stay(string parameter)
    {
        float[] expected = GradientOf(InOrder(), parameter);
        float[] actual = GradientOf(Model(), parameter);
        Assert.That(expected.Max(Math.Abs), Is.GreaterThan(1e-3f));
        Assert.That(actual, Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void ReLU_and_bias_see_the_pooled_elements_only()
    {
        Assert.That(RowsOfReLU(Model()), Is.EqualTo(new[] { Pooled }));
        Assert.That(RowsOfReLU(InOrder()), Is.EqualTo(new[] { Pixels }));
    }

    [Test]
    public void A_ReLU_with_another_user_stays_in_front()
    {
        Assert.That(RowsOfReLU(new TwoUsers()), Is.EqualTo(new[] { Pixels }));
        Assert.That(GradientOf(new TwoUsers(), "conv.bias").Max(Math.Abs), Is.GreaterThan(1e-3f));
    }

    private static Conv2d Convolution() => new(1, 3, 3, padding: 1);

    private static Linear Head() => new(3 * Side * Side / 4, 4);

    private static Sequential Model() => new(
        ("conv", Convolution()), ("relu", new ReLU()), ("pool", new MaxPool2d(2)), ("flatten", new Flatten()), ("fc", Head()));

    /// <summary>The same with steps between that do nothing but keep the order.</summary>
    private static Sequential InOrder() => new(
        ("conv", Convolution()), ("first", new Dropout(0)), ("relu", new ReLU()), ("second", new Dropout(0)), ("pool", new MaxPool2d(2)),
        ("flatten", new Flatten()), ("fc", Head()));

    private static CompiledModel Compile(Module model) => ModelRuns.Compile(
        new TrainingSpec { Model = model, Input = new ImageInput(1, Side, Side), Optimiser = new Sgd(0, Momentum: 0.5f), BatchSize = Samples }, Samples);

    private static ModelRunner Start(Module model)
    {
        ModelRunner runner = ModelRuns.EagerScalar(Compile(model));
        ModelRuns.Train(runner, Inputs(), 1);
        return runner;
    }

    private static float[] GradientOf(Module model, string parameter) => ModelRuns.Gradient(Start(model), parameter);

    private static int[] RowsOfReLU(Module model)
    {
        Plan plan = Compile(model).Plan;
        IEnumerable<TensorInstruction> code = plan.Sections.Single(s => s.Entry == ModelProgram.TrainEntry).Body.OfType<TensorInstruction>();
        return [.. code.Where(static i => i.Op == FloatElementwiseOps.Relu).Select(i => plan.Buffers[i.Operands[0].Index].Shape.Rows)];
    }

    private static (string Name, Tensor Tensor)[] Inputs()
    {
        Random random = new(5);
        Tensor images = new(TensorType.UInt8, Samples, Side * Side);
        random.NextBytes(images.UInt8);
        Tensor labels = new(TensorType.UInt8, Samples, 1);
        for (int i = 0; i < Samples; i++)
        {
            labels.UInt8[i] = (byte)random.Next(4);
        }

        return [("images", images), ("labels", labels)];
    }

    private sealed class TwoUsers : Module
    {
        private readonly Conv2d _conv;
        private readonly Linear _fc;

        public TwoUsers()
        {
            _conv = Register("conv", Convolution());
            _fc = Register("fc", Head());
        }

        protected override GraphValue Forward(GraphValue input)
        {
            GraphValue x = Functional.Relu(_conv.Apply(input));
            return _fc.Apply(Functional.Flatten(Functional.MaxPool2d(x, 2) + Functional.AvgPool2d(x, 2)));
        }
    }
}
