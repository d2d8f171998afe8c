using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>A small job of lane T on this project's own kernels.</summary>
internal static class ToleranceScene
{
    public const int Side = 8;
    public const int Classes = 6;
    public const string Perceptron = "perceptron 1";
    public const string Convolution = "convolution 1";
    public const string Softmax = "softmax 1";
    public const string WithDropout = "dropout 1";
    public const string Devices = "any";
    public const ulong Seed = 5;

    public static Dataset Data { get; } = SyntheticImages.Create(Classes, count: 600, Side, seed: 3);

    public static Hash256 Order { get; } = Hash256.Sha256([1]);

    public static ToleranceRecipe Recipe { get; } = new()
    {
        Class = new(Perceptron, Devices),
        InputShape = [1, Side, Side],
        BatchSize = 32,
    };

    public static ToleranceRecipe ConvolutionRecipe { get; } = Recipe with { Class = new(Convolution, Devices) };

    public static ReproducibleEngine Engine { get; } = new(Devices, new Dictionary<string, Func<Module>>
    {
        [Perceptron] = static () => new Sequential(new Flatten(), new Linear(Side * Side, 32), new ReLU(), new Linear(32, Classes)),
        [Convolution] = static () => new Sequential(
            new Conv2d(1, 4, 3), new BatchNorm2d(4), new ReLU(), new Flatten(), new Linear(4 * (Side - 2) * (Side - 2), Classes)),
        [Softmax] = static () => new Sequential(new Flatten(), new Linear(Side * Side, Classes)),
        [WithDropout] = static () => new Sequential(new Flatten(), new Dropout(), new Linear(Side * Side, Classes)),
        ["no classes"] = static () => new Conv2d(1, Classes, 3),
        ["rows"] = static () => new Linear(Side, Classes),
        ["no bytes"] = static () => new Linear(3, Classes),
    });

    public static IToleranceUnits Open(ToleranceRecipe? recipe = null, Dataset? data = null) => Engine.Open(recipe ?? Recipe, data ?? Data, Order, Seed);

    /// <summary>The bytes of a state: names, types, shapes, elements.</summary>
    public static string Text(StateDict state) =>
        string.Join('\n', state.Select(static item => $"{item.Key} {item.Value} {Hash256.Sha256(item.Value.Data.Span)}"));

    /// <summary>A state with other numbers.</summary>
    public static StateDict Changed(StateDict state, Func<string, float, int, float> change) => new(state.Select(item => item.Value.Type == StateTensorType.Float32
        ? KeyValuePair.Create(item.Key, StateTensor.FromFloat32([.. item.Value.ToFloat32().Select((value, i) => change(item.Key, value, i))], [.. item.Value.Shape]))
        : item));
}
