namespace TrainLocally;

/// <summary>The user stopped the training; the message says where it stands.</summary>
internal sealed class StoppedException(string message) : Exception(message);
