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

    /// <summary>Uniform in +-sqrt(6 / (fanIn + fanOut)): torch.nn.init.xavier_uniform_.</summary>
    public static Initialiser XavierUniform(int fanIn, int fanOut)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fanIn, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(fanOut, 1);
        float bound = (float)Math.Sqrt(6.0 / ((double)fanIn + fanOut));
        return Uniform(-bound, bound);
    }
}

/// <summary>A constant.</summary>
internal sealed record ConstantInitialiser(float Value) : Initialiser;

/// <summary>Uniform numbers.</summary>
internal sealed record UniformInitialiser(float Low, float High) : Initialiser;

/// <summary>Normal numbers.</summary>
internal sealed record NormalInitialiser(float Mean, float Deviation) : Initialiser;
