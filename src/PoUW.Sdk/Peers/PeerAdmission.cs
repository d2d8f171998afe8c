using PoUW.Core.Primitives;
using PoUW.Network.Identity;

namespace PoUW.Sdk.Peers;

/// <summary>Which peers a node lets in. Their ids are proven by the handshake, their accounts by signed stake bindings. Immutable.</summary>
public sealed record PeerAdmission
{
    private PeerAdmission(PeerAdmissionKind kind, IReadOnlyList<PeerId> peers, IReadOnlyList<Address> accounts) =>
        (Kind, Peers, Accounts) = (kind, peers, accounts);

    /// <summary>Everybody on the same network.</summary>
    public static PeerAdmission Open { get; } = new(PeerAdmissionKind.Open, [], []);

    /// <summary>
    /// Peers that are bound to an account with at least a worker's stake and without a ban, as the head of this node's chain shows it, and the
    /// peers that the bootstrap list names: a node that begins at genesis would else know nobody who joined later.
    /// </summary>
    public static PeerAdmission Staked { get; } = new(PeerAdmissionKind.Staked, [], []);

    /// <summary>The rule.</summary>
    public PeerAdmissionKind Kind { get; }

    /// <summary>The peers of a list; empty with another rule.</summary>
    public IReadOnlyList<PeerId> Peers { get; }

    /// <summary>The accounts of a list; empty with another rule.</summary>
    public IReadOnlyList<Address> Accounts { get; }

    /// <summary>The peers of a list, and nobody else.</summary>
    public static PeerAdmission List(IEnumerable<PeerId> peers) => List(peers, []);

    /// <summary>The peers of a list and those that prove to speak for an account of a list, and nobody else.</summary>
    /// <param name="peers">Peers, by their proven ids.</param>
    /// <param name="accounts">
    /// Accounts, by signed stake bindings: what counts is a binding of an account that has a stake on this node's chain, so a peer without one is named
    /// by its id.
    /// </param>
    public static PeerAdmission List(IEnumerable<PeerId> peers, IEnumerable<Address> accounts) =>
        new(PeerAdmissionKind.List, [.. peers.Distinct().Order()], [.. accounts.Distinct().Order()]);
}
