using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>Small models and data for tests.</summary>
internal static class TestModels
{
    public const int Samples = 100;
    public const int Side = 6;
    public const int Classes = 5;

    /// <summary>A perceptron with two layers.</summary>
    public static Sequential Perceptron(bool bias) => new(
        ("flatten", new Flatten()), ("fc1", new Linear(Side * Side, 16, bias)), ("relu", new ReLU()), ("fc2", new Linear(16, Classes, bias)));

    /// <summary>Its training in a lane.</summary>
    public static TrainingSpec Spec(Lane lane) => new()
    {
        Model = Perceptron(bias: true),
        Input = new ImageInput(1, Side, Side),
        Optimiser = lane == Lane.Integer ? new IntegerMomentum(IntegerRateSchedule.Constant(12)) : new Sgd(0.1f, Momentum: 0.9f),
        BatchSize = 16,
    };

    /// <summary>Images whose bright pixels tell the label, as inputs of a lane.</summary>
    public static (string Name, Tensor Tensor)[] Inputs(Lane lane)
    {
        Random random = new(7);
        Tensor images = new(lane == Lane.Integer ? TensorType.Int8 : TensorType.UInt8, Samples, Side * Side);
        Tensor labels = new(TensorType.UInt8, Samples, 1);
        for (int i = 0; i < Samples; i++)
        {
            int label = random.Next(Classes);
            labels.UInt8[i] = (byte)label;
            for (int p = 0; p < Side * Side; p++)
            {
                int value = (p % Classes == label ? 30 : 0) + random.Next(30);
                images.Bytes[(i * Side * Side) + p] = (byte)(lane == Lane.Integer ? value : value * 4);
            }
        }

        return [("images", images), ("labels", labels)];
    }
}
