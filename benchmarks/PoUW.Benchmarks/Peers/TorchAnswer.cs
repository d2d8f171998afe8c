namespace PoUW.Benchmarks.Peers;

/// <summary>One block of the PyTorch peer.</summary>
/// <param name="Total">Time of one call.</param>
/// <param name="Forward">The forward pass alone; null where the case has no parts.</param>
/// <param name="Backward">The gradients alone; null where the case has no parts.</param>
public readonly record struct TorchAnswer(BlockTime Total, BlockTime? Forward, BlockTime? Backward);
