using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>
/// The net of PyTorch's tutorials after LeCun et al. 1998: conv1 (6 of 5x5), conv2 (16 of 5x5), each with ReLU and a pooling of 2x2, then
/// fc1 (120), fc2 (84), fc3. Images of 28x28 get a padding of 2 in conv1, images of 32x32 none. Lanes I and R.
/// </summary>
public sealed class LeNet5 : Module
{
    private const int Side = 5;

    private readonly Conv2d _conv1;
    private readonly Conv2d _conv2;
    private readonly Linear _fc1;
    private readonly Linear _fc2;
    private readonly Linear _fc3;

    /// <summary>Describes the net.</summary>
    /// <param name="inChannels">Channels of the images.</param>
    /// <param name="classes">Outputs.</param>
    /// <param name="padding">2 for images of 28x28, 0 for 32x32.</param>
    public LeNet5(int inChannels = 1, int classes = 10, int padding = 2)
    {
        _conv1 = Register("conv1", new Conv2d(inChannels, 6, Side, padding: padding));
        _conv2 = Register("conv2", new Conv2d(6, 16, Side));
        _fc1 = Register("fc1", new Linear(16 * Side * Side, 120));
        _fc2 = Register("fc2", new Linear(120, 84));
        _fc3 = Register("fc3", new Linear(84, classes));
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue x = Functional.MaxPool2d(Functional.Relu(_conv1.Apply(input)), 2);
        x = Functional.Flatten(Functional.MaxPool2d(Functional.Relu(_conv2.Apply(x)), 2));
        x = Functional.Relu(_fc1.Apply(x));
        return _fc3.Apply(Functional.Relu(_fc2.Apply(x)));
    }
}
