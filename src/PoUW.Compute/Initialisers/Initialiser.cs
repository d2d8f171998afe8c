namespace PoUW.Compute.Initialisers;

/// <summary>
/// How a parameter starts. The numbers come from a Philox stream of the seed of a run and the number of the parameter, so the same seed
/// gives the same start everywhere. In lane I all weights start uniform in the integer range, see docs/vm.md; biases start at zero.
/// </summary>
public abstract record Initialiser
{
    /// <summary>Every element is a constant.</summary>
    public static Initialiser Constant(float value) => new ConstantInitialiser(value);

    /// <summary>Zeros.</summary>
    public static Initialiser Zeros => Constant(0);

    /// <summary>Ones.</summary>
    public static Initialiser Ones => Constant(1);

    /// <summary>Uniform in [low, high).</summary>
    public static Initialiser Uniform(float low, float high) => new UniformInitialiser(low, high);

    /// <summary>Normal with a mean and a standard deviation.</summary>
    public static Initialiser Normal(float mean, float deviation) => new NormalInitialiser(mean, deviation);

    /// <summary>Uniform in +-1/sqrt(fanIn): what torch.nn.Linear and Conv2d start with (kaiming_uniform with a = sqrt(5)).</summary>
    public static Initialiser UniformFan(int fanIn)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fanIn, 1);
        float bound = (float)(1 / Math.Sqrt(fanIn));
        return Uniform(-bound, bound);
    }

    /// <summary>
    /// torch.nn.init.kaiming_uniform_: uniform in +-gain * sqrt(3 / fan). Fans are those of the parameter's shape (outputs, inputs, window).
    /// </summary>
    /// <param name="slope">PyTorch's a: slope of a leaky ReLU.</param>
    /// <param name="mode">Which fan.</param>
    /// <param name="nonlinearity">The function behind the layer.</param>
    public static Initialiser KaimingUniform(
        float slope = 0, FanMode mode = FanMode.FanIn, Nonlinearity nonlinearity = Nonlinearity.LeakyRelu) =>
        new KaimingInitialiser(CalculateGain(nonlinearity, slope), mode, IsNormal: false);

    /// <summary>torch.nn.init.kaiming_normal_: normal with the deviation gain / sqrt(fan); see <see cref="KaimingUniform"/>.</summary>
    /// <param name="slope">PyTorch's a: slope of a leaky ReLU.</param>
    /// <param name="mode">Which fan.</param>
    /// <param name="nonlinearity">The function behind the layer.</param>
    public static Initialiser KaimingNormal(
        float slope = 0, FanMode mode = FanMode.FanIn, Nonlinearity nonlinearity = Nonlinearity.LeakyRelu) =>
        new KaimingInitialiser(CalculateGain(nonlinearity, slope), mode, IsNormal: true);

    /// <summary>torch.nn.init.xavier_uniform_: uniform in +-gain * sqrt(6 / (fan in + fan out)).</summary>
    public static Initialiser XavierUniform(float gain = 1) => new XavierInitialiser(gain, IsNormal: false);

    /// <summary>torch.nn.init.xavier_normal_: normal with the deviation gain * sqrt(2 / (fan in + fan out)).</summary>
    public static Initialiser XavierNormal(float gain = 1) => new XavierInitialiser(gain, IsNormal: true);

    /// <summary>torch.nn.init.calculate_gain.</summary>
    /// <param name="nonlinearity">The function behind the layer.</param>
    /// <param name="slope">Slope of a leaky ReLU; PyTorch's default there is 0.01.</param>
    public static float CalculateGain(Nonlinearity nonlinearity, float slope = 0.01f) => nonlinearity switch
    {
        Nonlinearity.Linear or Nonlinearity.Sigmoid => 1,
        Nonlinearity.Tanh => 5f / 3,
        Nonlinearity.Relu => (float)Math.Sqrt(2),
        Nonlinearity.LeakyRelu => (float)Math.Sqrt(2 / (1 + ((double)slope * slope))),
        Nonlinearity.Selu => 0.75f,
        _ => throw new ArgumentOutOfRangeException(nameof(nonlinearity), nonlinearity, "Unknown nonlinearity."),
    };

    /// <summary>What it is for a parameter of a shape, without fans.</summary>
    internal virtual Initialiser For(IReadOnlyList<int> shape) => this;

    /// <summary>Inputs of an output and outputs of an input: PyTorch's shape is (outputs, inputs, window).</summary>
    private protected static (double In, double Out) FansOf(IReadOnlyList<int> shape)
    {
        if (shape.Count < 2)
        {
            throw new ArgumentException($"A parameter of shape ({string.Join(", ", shape)}) has no fans; it must have at least 2 dimensions.", nameof(shape));
        }

        double window = shape.Skip(2).Aggregate(1.0, static (product, size) => product * size);
        return (shape[1] * window, shape[0] * window);
    }

    /// <summary>Uniform or normal numbers of a deviation.</summary>
    private protected static Initialiser OfDeviation(double deviation, bool isNormal)
    {
        float bound = (float)(Math.Sqrt(3) * deviation);
        return isNormal ? Normal(0, (float)deviation) : Uniform(-bound, bound);
    }
}

/// <summary>A constant.</summary>
internal sealed record ConstantInitialiser(float Value) : Initialiser;

/// <summary>Uniform numbers.</summary>
internal sealed record UniformInitialiser(float Low, float High) : Initialiser;

/// <summary>Normal numbers.</summary>
internal sealed record NormalInitialiser(float Mean, float Deviation) : Initialiser;

/// <summary>Numbers whose deviation is gain / sqrt(fan).</summary>
internal sealed record KaimingInitialiser(float Gain, FanMode Mode, bool IsNormal) : Initialiser
{
    /// <inheritdoc/>
    internal override Initialiser For(IReadOnlyList<int> shape)
    {
        (double fanIn, double fanOut) = FansOf(shape);
        return OfDeviation(Gain / Math.Sqrt(Mode == FanMode.FanIn ? fanIn : fanOut), IsNormal);
    }
}

/// <summary>Numbers whose deviation is gain * sqrt(2 / (fan in + fan out)).</summary>
internal sealed record XavierInitialiser(float Gain, bool IsNormal) : Initialiser
{
    /// <inheritdoc/>
    internal override Initialiser For(IReadOnlyList<int> shape)
    {
        (double fanIn, double fanOut) = FansOf(shape);
        return OfDeviation(Gain * Math.Sqrt(2 / (fanIn + fanOut)), IsNormal);
    }
}
