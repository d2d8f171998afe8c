namespace PoUW.Core.Chain;

/// <summary>The chain in the store cannot be used: it belongs to another network, has another format, or is damaged.</summary>
public sealed class ChainException(string message) : PouwException(message);
