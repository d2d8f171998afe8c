using PoUW.Core.Runtime;

namespace PoUW.Core.Transactions;

/// <summary>How signatures are verified and remembered.</summary>
public sealed record SignatureVerifierOptions
{
    /// <summary>How many good signatures are remembered; about 60 bytes each, taken as they come.</summary>
    public int Capacity { get; init; } = 65_536;

    /// <summary>How many threads verify the transactions of a block, with the one that asks; 1 keeps everything on that one.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Starts the helpers. One that starts late, or never, costs time and nothing else: the thread that asks does all that is left.</summary>
    public ISpawner Spawner { get; init; } = new ThreadPoolSpawner();
}
