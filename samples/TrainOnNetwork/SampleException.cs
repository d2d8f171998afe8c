namespace TrainOnNetwork;

/// <summary>A condition that the user can mend: reported in one line, exit code 1.</summary>
internal sealed class SampleException(string message) : Exception(message);
