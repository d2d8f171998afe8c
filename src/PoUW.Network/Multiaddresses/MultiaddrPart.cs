namespace PoUW.Network.Multiaddresses;

/// <summary>One part of an address.</summary>
/// <param name="Protocol">What it is.</param>
/// <param name="Value">Its value in text: "127.0.0.1", "4001", a peer id; empty if the protocol has none.</param>
public readonly record struct MultiaddrPart(MultiaddrProtocol Protocol, string Value);
