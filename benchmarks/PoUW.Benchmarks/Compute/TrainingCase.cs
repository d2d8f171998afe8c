using System.Text.Json.Nodes;

namespace PoUW.Benchmarks.Compute;

/// <summary>Training on images of 28 x 28 with momentum and cross entropy, as the torch peer's script defines it.</summary>
/// <param name="Model">mlp (784-512-10), lenet5 or cnn (32 and 64 channels of 3 x 3, 128 hidden).</param>
/// <param name="Batch">Images a step.</param>
/// <param name="Threads">Threads.</param>
/// <param name="ChannelsLast">Memory layout of the peer's images; torch's convolutions are faster with it.</param>
public sealed record TrainingCase(string Model, int Batch, int Threads, bool ChannelsLast)
{
    /// <summary>Steps of one measured call.</summary>
    public const int Steps = 20;

    /// <summary>The three networks in the layout that is best for the peer.</summary>
    public static IEnumerable<TrainingCase> All(int threads) =>
        [new("mlp", 64, threads, false), new("lenet5", 64, threads, true), new("cnn", 64, threads, true)];

    /// <summary>The torch peer's request.</summary>
    public JsonObject ToRequest() =>
        new() { ["case"] = "train", ["model"] = Model, ["batch"] = Batch, ["threads"] = Threads, ["channels_last"] = ChannelsLast };
}
