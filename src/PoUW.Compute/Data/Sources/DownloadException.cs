namespace PoUW.Compute.Data.Sources;

/// <summary>A file could not be downloaded, or what came is not what was expected; the message says which and why.</summary>
public sealed class DownloadException(string message) : ComputeException(message);
