namespace PoUW.Vm.Operations.Convolution;

/// <summary>
/// Geometry of a convolution: the windows and the groups. Channels and outputs are cut into as many equal parts as there are groups;
/// outputs of a part see the channels of the same part only. Immutable; encoded as ten immediates: those of the windows, then groups.
/// Weights are a matrix with one row for each (ky, kx, channel of a group) in that order and one column an output channel.
/// </summary>
/// <param name="Windows">Where the windows lie on the images.</param>
/// <param name="Groups">Number of groups.</param>
public readonly record struct ConvolutionGeometry(PoolingGeometry Windows, int Groups = 1)
{
    /// <summary>Largest number of groups.</summary>
    public const int MaxGroups = 1 << 15;

    /// <summary>Most multiply-accumulates of one instruction.</summary>
    public const long MaxMacs = 1L << 48;

    /// <summary>The ten immediates with their ranges.</summary>
    internal static IReadOnlyList<ImmediateSpec> Immediates { get; } =
        [.. PoolingGeometry.Immediates, new ImmediateSpec("groups", 1, MaxGroups)];

    /// <summary>Decodes immediates; no check.</summary>
    /// <param name="immediates">Ten numbers.</param>
    public static ConvolutionGeometry Decode(ReadOnlySpan<int> immediates) =>
        new(PoolingGeometry.Decode(immediates), immediates[PoolingGeometry.Immediates.Count]);

    /// <summary>The immediates of an instruction.</summary>
    public int[] ToImmediates() => [.. Windows.ToImmediates(), Groups];

    /// <summary>What is wrong with the geometry, or null.</summary>
    public string? Problem() => Windows.Problem()
        ?? ShapeRules.Require(Groups is >= 1 and <= MaxGroups, $"groups is {Groups}, not in 1..{MaxGroups}");

    /// <summary>What is wrong with the shapes of images, weights and outputs, or null. Element types are not compared.</summary>
    public string? Problem(TensorShape images, TensorShape weights, TensorShape outputs)
    {
        if (Problem() is { } problem)
        {
            return problem;
        }

        if (images.Rows != Windows.InputRows)
        {
            return $"the images are {images}, the geometry needs {Windows.InputRows} rows";
        }

        if (outputs.Rows != Windows.OutputRows)
        {
            return $"the outputs are {outputs}, the geometry needs {Windows.OutputRows} rows";
        }

        if (images.Columns % Groups != 0 || outputs.Columns % Groups != 0)
        {
            return $"{images.Columns} channels and {outputs.Columns} outputs cannot be cut into {Groups} groups";
        }

        long chain = ChainLength(images.Columns);
        if (weights.Rows != chain || weights.Columns != outputs.Columns)
        {
            return $"the weights are {weights}, not {chain}x{outputs.Columns}";
        }

        return ShapeRules.Require((Int128)outputs.Length * chain <= MaxMacs, $"more than {MaxMacs} multiply-accumulates");
    }

    /// <summary>Products of one output: taps times the channels of a group. Below 2^47 within the limits.</summary>
    public long ChainLength(int channels) => (long)Windows.Taps * (channels / Groups);

    /// <summary>Multiply-accumulates of the forward pass and of each gradient, counted as in the forward pass.</summary>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="outputs">Output channels.</param>
    public long MacCount(int channels, int outputs) => Windows.OutputRows * outputs * ChainLength(channels);
}
