namespace PoUW.Benchmarks.Sweeps.Processes;

/// <summary>The size of the network and of its job.</summary>
/// <param name="Validators">Validator processes.</param>
/// <param name="Workers">Worker processes.</param>
/// <param name="Epochs">Epochs of the main job.</param>
/// <param name="Seconds">After how many seconds the job must have ended.</param>
internal sealed record ProcessSweepOptions(int Validators, int Workers, int Epochs, int Seconds)
{
    /// <summary>A network of twelve nodes and a client.</summary>
    public static ProcessSweepOptions Whole { get; } = new(Validators: 4, Workers: 8, Epochs: 3, Seconds: 420);

    /// <summary>What a model of the main job reaches at least; guessing gives 0.1.</summary>
    public double AccuracyFloor => Epochs switch { 1 => 0.2, 2 => 0.35, _ => 0.55 };
}
