namespace PoUW.Compute.Checkpoints;

/// <summary>What a checkpoint says beside the tensors.</summary>
/// <param name="Step">Steps that were done: the next step has this number.</param>
/// <param name="Metadata">Texts by name, such as the seed or the hash of a manifest. "format" and names starting with "pouw." are the file's own.</param>
public sealed record CheckpointInfo(long Step, IReadOnlyDictionary<string, string> Metadata);
