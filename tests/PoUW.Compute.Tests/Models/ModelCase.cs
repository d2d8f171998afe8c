using PoUW.Compute.Compilation;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>A small model with its input and loss. One batch is the whole data set.</summary>
/// <param name="Name">Name, also in the goldens.</param>
/// <param name="Model">The model.</param>
/// <param name="Image">Image of the input, or null for vectors of 5 numbers.</param>
/// <param name="Batch">Samples.</param>
/// <param name="Classes">Classes for cross entropy, or 0 for MSE.</param>
/// <param name="Targets">Numbers that a sample's target has for MSE.</param>
internal sealed record ModelCase(
    string Name, Module Model, (int Channels, int Height, int Width)? Image = null, int Batch = 6, int Classes = 0, int Targets = 3)
{
    private const int Features = 5;

    /// <summary>Its training; the optimiser changes no weights and keeps gradients.</summary>
    public TrainingSpec Spec => new()
    {
        Model = Model,
        Input = Image is var (channels, height, width)
            ? new ImageInput(channels, height, width) { Mean = [0.5f], Deviation = [0.25f] }
            : new VectorInput(Features),
        Loss = Classes > 0 ? new CrossEntropyLoss() : new MseLoss(),
        Optimiser = new Sgd(0, Momentum: 0.5f),
        BatchSize = Batch,
    };

    /// <summary>The inputs of a seed, as in the goldens.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="targetBound">Targets of MSE lie in +- this.</param>
    public (string Name, Tensor Tensor)[] Inputs(int seed, float targetBound = 2)
    {
        Tensor input;
        if (Image is var (channels, height, width))
        {
            input = new Tensor(TensorType.UInt8, Batch, channels * height * width);
            GeneratedNumbers.Bytes(input.Length, seed).CopyTo(input.UInt8);
        }
        else
        {
            input = new Tensor(TensorType.Float32, Batch, Features);
            GeneratedNumbers.Floats(input.Length, seed, 2).CopyTo(input.Float32);
        }

        Tensor targets = new(Classes > 0 ? TensorType.UInt8 : TensorType.Float32, Batch, Classes > 0 ? 1 : Targets);
        if (Classes > 0)
        {
            GeneratedNumbers.Labels(Batch, seed + 1, Classes).CopyTo(targets.UInt8);
        }
        else
        {
            GeneratedNumbers.Floats(targets.Length, seed + 1, targetBound).CopyTo(targets.Float32);
        }

        return [(Image is null ? "features" : "images", input), (Classes > 0 ? "labels" : "targets", targets)];
    }

    public override string ToString() => Name;
}
