using PoUW.Network.Identity;
using PoUW.Network.Security;
using PoUW.Network.Transports;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Messaging;

/// <summary>The security protocol of a node's transport, with what it holds.</summary>
internal sealed class NodeSecurity(NetworkOptions options, TimeProvider time) : IDisposable
{
    private readonly List<TlsSecurity> _tls = [];

    /// <summary>True if connections over a transport are in the clear.</summary>
    public bool IsPlain(ITransport transport) => options.Security switch
    {
        NetworkSecurity.Tls => false,
        NetworkSecurity.PlaintextForSimulation => true,
        _ => transport is InMemoryTransport or ModelledTransport,
    };

    /// <summary>What is offered on a transport: one protocol alone, since an attacker could pick the weaker of two.</summary>
    public IReadOnlyList<ISecurityProtocol> For(ITransport transport, IdentityKey identity)
    {
        if (IsPlain(transport))
        {
            return [new PlaintextSecurity(identity.PublicKey)];
        }

        TlsSecurity tls = new(identity, IdentityVerifier.Create(), time, options.Tls);
        _tls.Add(tls);
        return [tls];
    }

    public void Dispose()
    {
        foreach (TlsSecurity tls in _tls)
        {
            tls.Dispose();
        }
    }
}
