using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Sdk.Nodes;
using PoUW.Sdk.Peers;

namespace PoUW.Sdk.Tests.Peers;

/// <summary>Whole nodes that let in some peers only, and that find each other again.</summary>
[TestFixture]
public sealed class PeerAdmissionTests
{
    private readonly InMemoryTransport _transport = new(new InMemoryNetwork());
    private readonly NetworkParameters _parameters = NetworkParameters.Development with
    {
        GenesisTimeMilliseconds = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        Stakes = [new GenesisStake(KeyOf("staked").Address, Amount.FromCoins(100), StakeRoles.Validator)],
    };

    [Test]
    [CancelAfter(60_000)]
    public async Task A_node_for_staked_peers_lets_in_who_proves_an_account_with_stake(CancellationToken cancellation)
    {
        await using PouwNode door = await StartAsync("door", admission: PeerAdmission.Staked, cancellation: cancellation);
        await using PouwNode staked = await StartAsync("staked", NodeRoles.Validator, cancellation: cancellation);
        await using PouwNode stranger = await StartAsync("stranger", NodeRoles.Validator, cancellation: cancellation);
        ConnectResult welcome = await staked.ConnectAsync(door.ListenAddresses[0], cancellation);
        ConnectResult refused = await stranger.ConnectAsync(door.ListenAddresses[0], cancellation);
        Assert.That(welcome.Reason, Is.EqualTo(CloseReason.None));
        Assert.That(refused.Reason, Is.EqualTo(CloseReason.Unauthorized));
        Assert.That(door.Peers.Select(static peer => peer.Account), Is.EqualTo(new Address?[] { staked.Address }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_node_with_a_list_lets_in_the_ids_of_the_list(CancellationToken cancellation)
    {
        using IdentityKey known = IdentityKey.Generate(new SeededRandomSource(3, "known"));
        await using PouwNode door = await StartAsync("list", admission: PeerAdmission.List([known.Id]), cancellation: cancellation);
        await using PouwNode guest = await StartAsync("guest", identity: known, cancellation: cancellation);
        await using PouwNode other = await StartAsync("other", cancellation: cancellation);
        Assert.That(guest.PeerId, Is.EqualTo(known.Id));
        Assert.That((await guest.ConnectAsync(door.ListenAddresses[0], cancellation)).Reason, Is.EqualTo(CloseReason.None));
        Assert.That((await other.ConnectAsync(door.ListenAddresses[0], cancellation)).Reason, Is.EqualTo(CloseReason.Unauthorized));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_list_may_name_accounts_that_have_a_stake(CancellationToken cancellation)
    {
        PeerAdmission list = PeerAdmission.List([], [KeyOf("staked").Address, KeyOf("poor").Address]);
        await using PouwNode door = await StartAsync("accounts", admission: list, cancellation: cancellation);
        await using PouwNode staked = await StartAsync("staked", NodeRoles.Validator, cancellation: cancellation);
        await using PouwNode poor = await StartAsync("poor", NodeRoles.Validator, cancellation: cancellation);
        await using PouwNode other = await StartAsync("another", cancellation: cancellation);
        Assert.That((await staked.ConnectAsync(door.ListenAddresses[0], cancellation)).Reason, Is.EqualTo(CloseReason.None));
        Assert.That((await poor.ConnectAsync(door.ListenAddresses[0], cancellation)).Reason, Is.EqualTo(CloseReason.Unauthorized), "its binding does not count");
        Assert.That((await other.ConnectAsync(door.ListenAddresses[0], cancellation)).Reason, Is.EqualTo(CloseReason.Unauthorized));
    }

    /// <summary>The second start is told of nobody: the address is in the store.</summary>
    [Test]
    [CancelAfter(60_000)]
    public async Task A_restarted_node_dials_whom_its_address_book_knows(CancellationToken cancellation)
    {
        using InMemoryKeyValueStore store = new();
        await using PouwNode peer = await StartAsync("peer", cancellation: cancellation);
        await using (PouwNode first = await StartAsync("restarted", store: new KeptStore(store), bootstrap: peer.ListenAddresses, cancellation: cancellation))
        {
            Assert.That(first.Peers, Has.Count.EqualTo(1));
        }

        await using PouwNode again = await StartAsync("restarted", store: new KeptStore(store), cancellation: cancellation);
        while (again.Peers.Count == 0)
        {
            await Task.Yield();
            cancellation.ThrowIfCancellationRequested();
        }

        Assert.That(again.Peers[0].Id, Is.EqualTo(peer.PeerId));
    }

    private Task<PouwNode> StartAsync(
        string name, NodeRoles roles = NodeRoles.None, PeerAdmission? admission = null, IdentityKey? identity = null, IKeyValueStore? store = null,
        IReadOnlyList<Multiaddr>? bootstrap = null, CancellationToken cancellation = default) => PouwNode.StartAsync(
        new PouwNodeOptions
        {
            Parameters = _parameters,
            Key = KeyOf(name),
            Name = name,
            Roles = roles,
            Transport = _transport,
            Listen = Multiaddr.Memory(name),
            Admission = admission ?? PeerAdmission.Open,
            Identity = identity,
            Store = store ?? new InMemoryKeyValueStore(),
            Bootstrap = bootstrap ?? [],
        },
        cancellation);

    private static KeyPair KeyOf(string name) => KeyPair.Generate(new SeededRandomSource(3, name));

    /// <summary>Survives the node that it was given to.</summary>
    private sealed class KeptStore(IKeyValueStore inner) : IKeyValueStore
    {
        public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, int limit) => inner.Scan(from, to, limit);

        public void Apply(WriteBatch batch) => inner.Apply(batch);

        public IKeyValueSnapshot Snapshot() => inner.Snapshot();

        public void Dispose()
        {
            // The test disposes the store below.
        }
    }
}
