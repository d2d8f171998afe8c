using PoUW.Core;

namespace PoUW.Sdk.Peers;

/// <summary>The signer of the node's account did not sign what the node needs to start.</summary>
public sealed class NodeSigningException(string message) : PouwException(message);
