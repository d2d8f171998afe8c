using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>A small net of convolutions and poolings through the whole chain.</summary>
public sealed class ConvolutionNetTests
{
    private const int Samples = 40;
    private const int Side = 8;

    [Test]
    public void Eager_and_machine_give_the_same_bits()
    {
        CompiledModel model = ModelRuns.Compile(Spec(), Samples);
        using CpuBackend eager = new();
        using CpuBackend machine = new();
        string expected = ModelRuns.Train(ModelRuns.EagerScalar(model), Inputs(), 5);
        Assert.That(ModelRuns.Train(new EagerRunner(model, eager), Inputs(), 5), Is.EqualTo(expected));
        Assert.That(ModelRuns.Train(new MachineRunner(model, machine), Inputs(), 5), Is.EqualTo(expected));
    }

    [Test]
    public void Training_makes_the_loss_small()
    {
        using CpuBackend backend = new();
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(Spec(), Samples), backend);
        ModelRuns.Train(runner, Inputs(), 60);
        Assert.That(runner.Evaluate().Accuracy, Is.GreaterThan(0.9));
    }

    private static TrainingSpec Spec() => new()
    {
        Model = new Sequential(
            new Conv2d(2, 6, 3, padding: 1), new ReLU(), new MaxPool2d(2), new Conv2d(6, 6, (3, 2), stride: (1, 2), padding: 1, groups: 3),
            new ReLU(), new AvgPool2d(2, padding: 1), new Flatten(), new Linear(36, 4)),
        Input = new ImageInput(2, Side, Side),
        Optimiser = new Sgd(0.1f, Momentum: 0.9f),
        BatchSize = 10,
    };

    private static (string Name, Tensor Tensor)[] Inputs()
    {
        Random random = new(3);
        Tensor images = new(TensorType.UInt8, Samples, Side * Side * 2);
        Tensor labels = new(TensorType.UInt8, Samples, 1);
        for (int i = 0; i < Samples; i++)
        {
            labels.UInt8[i] = (byte)(i % 4);
            for (int p = 0; p < Side * Side * 2; p++)
            {
                images.UInt8[(i * Side * Side * 2) + p] = (byte)((p % 4 == i % 4 ? 120 : 0) + random.Next(120));
            }
        }

        return [("images", images), ("labels", labels)];
    }
}
