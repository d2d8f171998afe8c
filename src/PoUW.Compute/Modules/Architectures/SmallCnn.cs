using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>
/// Two convolutions of 3x3 with 32 and 64 channels, each with ReLU and a pooling of 2x2, then a hidden layer of 128: conv1, conv2, fc1,
/// fc2. The sides of the images are multiples of 4. Lanes I and R.
/// </summary>
public sealed class SmallCnn : Module
{
    private const int Hidden = 128;

    private readonly Conv2d _conv1;
    private readonly Conv2d _conv2;
    private readonly Linear _fc1;
    private readonly Linear _fc2;

    /// <summary>Describes the net.</summary>
    /// <param name="inChannels">Channels of the images.</param>
    /// <param name="side">Height and width of the images, a multiple of 4.</param>
    /// <param name="classes">Outputs.</param>
    public SmallCnn(int inChannels = 1, int side = 28, int classes = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 4);
        ArgumentOutOfRangeException.ThrowIfNotEqual(side % 4, 0, nameof(side));
        _conv1 = Register("conv1", new Conv2d(inChannels, 32, 3, padding: 1));
        _conv2 = Register("conv2", new Conv2d(32, 64, 3, padding: 1));
        _fc1 = Register("fc1", new Linear(64 * (side / 4) * (side / 4), Hidden));
        _fc2 = Register("fc2", new Linear(Hidden, classes));
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue x = Functional.MaxPool2d(Functional.Relu(_conv1.Apply(input)), 2);
        x = Functional.Flatten(Functional.MaxPool2d(Functional.Relu(_conv2.Apply(x)), 2));
        return _fc2.Apply(Functional.Relu(_fc1.Apply(x)));
    }
}
