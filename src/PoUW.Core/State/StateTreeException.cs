namespace PoUW.Core.State;

/// <summary>The state tree in the store is damaged: a node that a root refers to is absent or unreadable.</summary>
public sealed class StateTreeException(string message) : PouwException(message);
