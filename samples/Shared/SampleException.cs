namespace Samples.Shared;

/// <summary>A condition that the user can mend: reported in one line, exit code 1.</summary>
public sealed class SampleException(string message) : Exception(message);
