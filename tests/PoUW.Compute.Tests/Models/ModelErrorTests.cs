using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;

namespace PoUW.Compute.Tests.Models;

/// <summary>Models that cannot be: the result names the module and says what does not fit.</summary>
public sealed class ModelErrorTests
{
    [TestCaseSource(nameof(Wrong))]
    public void A_wrong_model_is_refused_with_its_place(Module model, string field, string[] parts)
    {
        ValidationResult result = Compile(model, new ImageInput(3, 8, 6));
        Assert.That(result.Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(result.Field, Is.EqualTo(field));
        foreach (string part in parts)
        {
            Assert.That(result.Message, Does.Contain(part));
        }
    }

    [Test]
    public void Inputs_are_checked()
    {
        Sequential model = new(new Flatten(), new Linear(144, 2));
        Assert.That(Compile(model, new ImageInput(3, 8, 6) { Mean = [0, 0] }).Message, Does.Contain("1 or 3").And.Contain("2"));
        Assert.That(Compile(model, new ImageInput(3, 8, 6) { Deviation = [1, 0, 1] }).Field, Is.EqualTo("input"));
        Assert.That(Compile(model, new ImageInput(3, 8, 6) { Mean = [float.NaN] }).IsValid, Is.False);
        Assert.That(Compile(model, new ImageInput(3, 8, 6) { Mean = [0, 1, 2], Deviation = [3] }).IsValid);
    }

    [Test]
    public void Lane_I_refuses_what_has_no_integer_form()
    {
        TrainingSpec spec = new()
        {
            Model = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Flatten(), new Linear(32, 2)),
            Input = new ImageInput(1, 6, 6),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)),
            BatchSize = 4,
        };
        ValidationResult batchNorm = ModelCompiler.TryCompile(spec, 8, VmLimits.Default, out _);
        TrainingSpec vectors = spec with { Model = new Linear(5, 2), Input = new VectorInput(5) };
        ValidationResult vector = ModelCompiler.TryCompile(vectors, 8, VmLimits.Default, out _);
        TrainingSpec mse = spec with { Model = new Sequential(new Flatten(), new Linear(36, 2)), Loss = new MseLoss() };
        ValidationResult loss = ModelCompiler.TryCompile(mse, 8, VmLimits.Default, out _);
        Assert.That(batchNorm.IsValid, Is.False);
        Assert.That(batchNorm.Message, Does.Contain("lane I"));
        Assert.That(vector.Field, Is.EqualTo("input"));
        Assert.That(loss.Field, Is.EqualTo("loss"));
    }

    [Test]
    public void Numbers_that_no_layer_can_have_are_exceptions()
    {
        Assert.That(() => new Conv2d(0, 1, 1), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new Conv2d(4, 6, 1, groups: 4), Throws.ArgumentException.With.Message.Contain("4 groups"));
        Assert.That(() => new Conv2d(4, 6, (0, 1)), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new BatchNorm2d(4, eps: 0), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new BatchNorm1d(4, momentum: 2), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new Dropout(1.5f), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new Dropout(float.NaN), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new Softmax(1), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new ResNet([1, 1], [4]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new Perceptron([3]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new Parameter([4], Initialiser.XavierNormal()), Throws.ArgumentException.With.Message.Contain("2 dimensions"));
    }

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return Case("0", new Conv2d(1, 4, 3), "Conv2d", "(4, 3, 8, 6)", "3 channels", "take 1");
        yield return Case("0", new Conv2d(2, 4, 3, groups: 2), "3 channels", "2 in 2 group");
        yield return Case("0", new Conv2d(3, 4, 9), "kernel_h is 9");
        yield return Case("0", new Conv2d(3, 4, 3, stride: 0), "stride_h is 0");
        yield return Case("0", new Conv2d(3, 4, 3, padding: 3), "pad_h is 3");
        yield return Case("1", new Flatten(), new Conv2d(3, 4, 3), "2 dimensions", "must have 4");
        yield return Case("0", new MaxPool2d(9), "MaxPool2d", "kernel_h is 9");
        yield return Case("0", new MaxPool2d(3, padding: 2), "padding of 2x2", "half", "3x3");
        yield return Case("0", new AvgPool2d((2, 7)), "AvgPool2d", "kernel_w is 7");
        yield return Case("0", new AdaptiveAvgPool2d(4), "AdaptiveAvgPool2d", "4x4", "(4, 3, 8, 6)");
        yield return Case("0", new BatchNorm2d(4), "3 channels", "have 4");
        yield return Case("1", new Flatten(), new BatchNorm2d(144), "BatchNorm2d", "2 dimensions", "must have 4");
        yield return Case("1", new Flatten(), new BatchNorm1d(144), "flattened image");
        yield return Case("loss", new Conv2d(3, 2, 1), new Flatten(), "flattened image");
        yield return Case("0", new Softmax(), "Softmax", "4 dimensions");
        yield return Case("0", new LeakyReLU(float.NaN), "slope");
        yield return Case("0", new Unflatten(5, 7), "576 elements", "(4, 5, 7)");
        yield return Case("0", new Unflatten(-1, -1), "one of which may be -1");
        yield return Case("0", new Linear(8, 4), "4 dimensions");
        yield return new TestCaseData(new LeNet5(3), "conv2", new[] { "(4, 6, 4, 3)", "kernel_h is 5" }).SetArgDisplayNames("lenet5");
        yield return new TestCaseData(new WrongBatch(), "model", new[] { "Reshape", "batch", "stays 4" }).SetArgDisplayNames("batch");
        yield return new TestCaseData(new WrongBias(), "model", new[] { "(5)", "4 elements" }).SetArgDisplayNames("bias");
        yield return new TestCaseData(new WrongRank(), "model", new[] { "Linear", "1 dimensions", "must have 2" }).SetArgDisplayNames("rank");
        yield return new TestCaseData(new BiasAlone(), "model", new[] { "LayerNorm", "needs a weight" }).SetArgDisplayNames("layer norm");
        yield return new TestCaseData(new WrongSum(), "model", new[] { "Add", "differ" }).SetArgDisplayNames("sum");
        yield return new TestCaseData(new Flatten(), "model", new[] { "nothing to train" }).SetArgDisplayNames("nothing to train");
    }

    /// <summary>A Sequential of modules with the field of its error; the last arguments are parts of the message.</summary>
    private static TestCaseData Case(string field, params object[] modulesAndParts) => new TestCaseData(
        new Sequential([.. modulesAndParts.OfType<Module>()]), field, modulesAndParts.OfType<string>().ToArray())
        .SetArgDisplayNames(string.Join(' ', modulesAndParts.Select(static m => m is Module ? m.GetType().Name : m)));

    private static ValidationResult Compile(Module model, ModelInput input) => ModelCompiler.TryCompile(
        new TrainingSpec { Model = model, Input = input, Optimiser = new Sgd(0.1f), BatchSize = 4 }, 8, VmLimits.Default, out _);

    private sealed class WrongBatch : Module
    {
        protected override GraphValue Forward(GraphValue input) => Functional.Reshape(input, 8, -1);
    }

    private sealed class WrongBias : Module
    {
        private readonly Parameter _weight;
        private readonly Parameter _bias;

        public WrongBias()
        {
            _weight = Register("weight", new Parameter([4, 3 * 8 * 6], Initialiser.Zeros));
            _bias = Register("bias", new Parameter([5], Initialiser.Zeros));
        }

        protected override GraphValue Forward(GraphValue input) => Functional.Linear(Functional.Flatten(input), _weight, _bias);
    }

    private sealed class WrongRank : Module
    {
        private readonly Parameter _weight;

        public WrongRank() => _weight = Register("weight", new Parameter([3 * 8 * 6], Initialiser.Zeros));

        protected override GraphValue Forward(GraphValue input) => Functional.Linear(Functional.Flatten(input), _weight);
    }

    private sealed class BiasAlone : Module
    {
        private readonly Parameter _bias;

        public BiasAlone() => _bias = Register("bias", new Parameter([12], Initialiser.Zeros));

        protected override GraphValue Forward(GraphValue input) =>
            Functional.LayerNorm(Functional.Reshape(input, 4, 12, 12), 12, null, _bias);
    }

    private sealed class WrongSum : Module
    {
        protected override GraphValue Forward(GraphValue input) => input + Functional.MaxPool2d(input, 2);
    }
}
