using PoUW.Compute.Compilation;
using PoUW.Compute.Initialisers;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>What goes around the operations: normalised images, losses of rests of batches, starts of weights, names of ready models.</summary>
public sealed class ImageModelTests
{
    [Test]
    public void Every_channel_has_its_mean_and_deviation()
    {
        const int Pixels = 4;
        (float[] mean, float[] deviation) = ([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);
        TrainingSpec spec = new()
        {
            Model = new Sequential(new Conv2d(3, 3, 1, bias: false), new Flatten(), new Linear(3 * Pixels, 3 * Pixels, bias: false)),
            Input = new ImageInput(3, 2, 2) { Mean = mean, Deviation = deviation },
            Optimiser = new Sgd(0),
            BatchSize = 1,
        };
        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(spec, 1));
        Tensor image = new(TensorType.UInt8, 1, 3 * Pixels);
        GeneratedNumbers.Bytes(image.Length, 4).CopyTo(image.UInt8);
        runner.SetInput("images", image);
        runner.SetInput("labels", new Tensor(TensorType.UInt8, 1, 1));
        runner.Initialise(1);
        ModelRuns.Set(runner, "0.weight", Identity(3));
        ModelRuns.Set(runner, "2.weight", Identity(3 * Pixels));
        float[] found = runner.Predict(0);
        for (int channel = 0; channel < 3; channel++)
        {
            for (int pixel = 0; pixel < Pixels; pixel++)
            {
                double expected = ((image.UInt8[(pixel * 3) + channel] / 255.0) - mean[channel]) / deviation[channel];
                Assert.That(found[(channel * Pixels) + pixel], Is.EqualTo(expected).Within(2e-6));
            }
        }
    }

    [Test]
    public void Inputs_are_equal_by_content()
    {
        ImageInput one = new(3, 8, 8) { Mean = [0.5f] };
        ImageInput same = new(3, 8, 8) { Mean = [0.5f] };
        Assert.That(one, Is.EqualTo(same));
        Assert.That(one.GetHashCode(), Is.EqualTo(same.GetHashCode()));
        Assert.That(one, Is.Not.EqualTo(same with { Mean = [0.25f] }));
        Assert.That(one, Is.Not.EqualTo(same with { Deviation = [2, 2, 2] }));
        Assert.That(one, Is.Not.EqualTo(same with { Width = 9 }));
    }

    [Test]
    public void The_squared_error_is_the_mean_over_all_numbers_also_of_a_rest()
    {
        const int Samples = 7;
        TrainingSpec spec = new()
        {
            Model = new Linear(2, 3),
            Input = new VectorInput(2),
            Loss = new MseLoss(),
            Optimiser = new Sgd(0.1f),
            BatchSize = 4,
        };
        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(spec, Samples));
        Tensor features = new(TensorType.Float32, Samples, 2);
        Tensor targets = new(TensorType.Float32, Samples, 3);
        GeneratedNumbers.Floats(features.Length, 1, 2).CopyTo(features.Float32);
        GeneratedNumbers.Floats(targets.Length, 2, 2).CopyTo(targets.Float32);
        runner.SetInput("features", features);
        runner.SetInput("targets", targets);
        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        double sum = 0;
        for (int i = 0; i < Samples; i++)
        {
            float[] outputs = runner.Predict(i);
            for (int j = 0; j < 3; j++)
            {
                sum += Math.Pow((double)outputs[j] - targets.Float32[(i * 3) + j], 2);
            }
        }

        StepMetrics metrics = runner.Evaluate();
        Assert.That(metrics.Answers, Is.EqualTo(Samples * 3));
        Assert.That(metrics.Correct, Is.Zero);
        Assert.That(metrics.Loss, Is.EqualTo(sum / (Samples * 3)).Within(1e-4));
        double first = runner.Train(0, 1)[0].Loss;
        Assert.That(runner.Train(1, 200)[^1].Loss, Is.LessThan(first));
    }

    [Test]
    public void Fans_decide_the_deviation_of_the_start()
    {
        // (outputs, inputs, window): fan in 8 * 9, fan out 16 * 9.
        int[] shape = [16, 8, 3, 3];
        (double fanIn, double fanOut) = (72, 144);
        AssertStart(Initialiser.KaimingNormal(), shape, Math.Sqrt(2 / fanIn), isNormal: true);
        AssertStart(Initialiser.KaimingNormal(0, FanMode.FanOut, Nonlinearity.Relu), shape, Math.Sqrt(2 / fanOut), isNormal: true);
        AssertStart(Initialiser.KaimingUniform(1, FanMode.FanOut), shape, Math.Sqrt(1 / fanOut), isNormal: false);
        AssertStart(Initialiser.KaimingUniform(nonlinearity: Nonlinearity.Tanh), shape, 5.0 / 3 / Math.Sqrt(fanIn), isNormal: false);
        AssertStart(Initialiser.XavierUniform(), shape, Math.Sqrt(2 / (fanIn + fanOut)), isNormal: false);
        AssertStart(Initialiser.XavierNormal(0.5f), shape, 0.5 * Math.Sqrt(2 / (fanIn + fanOut)), isNormal: true);
        AssertStart(Initialiser.KaimingUniform((float)Math.Sqrt(5)), shape, 1 / Math.Sqrt(3 * fanIn), isNormal: false);
    }

    [Test]
    public void Gains_are_those_of_PyTorch()
    {
        double[] gains = [.. Enum.GetValues<Nonlinearity>().Select(static n => (double)Initialiser.CalculateGain(n))];
        Assert.That(gains, Is.EqualTo(new[] { 1, 1, 5.0 / 3, Math.Sqrt(2), Math.Sqrt(2 / 1.0001), 0.75 }).Within(1e-6));
    }

    [Test]
    public void Ready_models_have_the_names_and_sizes_of_PyTorch()
    {
        Assert.That(Names(new LeNet5()), Is.EqualTo(Layers("conv1", "conv2", "fc1", "fc2", "fc3")));
        Assert.That(Count(new LeNet5()), Is.EqualTo(61_706));
        Assert.That(Names(new SmallCnn()), Is.EqualTo(Layers("conv1", "conv2", "fc1", "fc2")));
        Assert.That(Count(new SmallCnn()), Is.EqualTo(421_642));
        Assert.That(Names(new Perceptron([784, 512, 10])), Is.EqualTo(Layers("fc1", "fc2")));
        ResNet resnet = ResNet.ResNet18();
        string[] names = [.. Names(resnet)];
        Assert.That(Count(resnet), Is.EqualTo(11_689_512));
        Assert.That(Count(ResNet.ResNet34()), Is.EqualTo(21_797_672));
        Assert.That(names, Has.Length.EqualTo(62));
        Assert.That(names[..4], Is.EqualTo(new[] { "conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight" }));
        Assert.That(names, Does.Contain("layer4.0.downsample.0.weight").And.Contain("layer4.0.downsample.1.bias").And.Contain("fc.bias"));
        Assert.That(resnet.NamedBuffers().Count(), Is.EqualTo(60));
        Assert.That(resnet.NamedBuffers().First().Path, Is.EqualTo("bn1.running_mean"));
    }

    private static void AssertStart(Initialiser initialiser, int[] shape, double deviation, bool isNormal)
    {
        switch (new Parameter(shape, initialiser).Initialiser)
        {
            case NormalInitialiser normal:
                Assert.That(isNormal);
                Assert.That(normal.Deviation, Is.EqualTo(deviation).Within(1e-6));
                break;
            case UniformInitialiser uniform:
                Assert.That(!isNormal);
                Assert.That(uniform.High, Is.EqualTo(Math.Sqrt(3) * deviation).Within(1e-6));
                Assert.That(uniform.Low, Is.EqualTo(-uniform.High));
                break;
            case Initialiser other:
                Assert.Fail(other.ToString());
                break;
        }
    }

    private static float[] Identity(int size)
    {
        float[] matrix = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            matrix[(i * size) + i] = 1;
        }

        return matrix;
    }

    private static IEnumerable<string> Names(Module model) => model.NamedParameters().Select(static p => p.Path);

    private static IEnumerable<string> Layers(params string[] names) => names.SelectMany(static n => new[] { n + ".weight", n + ".bias" });

    private static long Count(Module model) => model.NamedParameters().Sum(static p => p.Parameter.Shape.Aggregate(1L, static (a, b) => a * b));
}
