using PoUW.Network.Security;
using PoUW.Network.Transports;

namespace PoUW.Network.Hosting;

/// <summary>A transport and how its connections are secured.</summary>
/// <param name="Transport">Carries the bytes.</param>
/// <param name="Security">
/// What is offered and accepted on it, best first. Plaintext proves no id: it belongs on transports that lead nowhere but into a simulation.
/// </param>
public sealed record HostTransport(ITransport Transport, IReadOnlyList<ISecurityProtocol> Security);
