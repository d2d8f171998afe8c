using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Signing;
using PoUW.Core.Validation;
using PoUW.Economics.TileWork;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Sdk.Nodes;
using PoUW.Sdk.Peers;

namespace PoUW.Sdk.Tests.Peers;

/// <summary>Bindings of peers to accounts, against a chain whose genesis has stakes.</summary>
[TestFixture]
public sealed class StakeVouchingTests
{
    private readonly KeyPair _staker = KeyPair.Generate(new SeededRandomSource(1, "staker"));
    private readonly KeyPair _poor = KeyPair.Generate(new SeededRandomSource(1, "poor"));
    private readonly IdentityKey _peer = IdentityKey.Generate(new SeededRandomSource(1, "peer"));
    private readonly IdentityKey _other = IdentityKey.Generate(new SeededRandomSource(1, "other"));
    private readonly StakeBindingOptions _options = new();
    private BlockChain _chain = null!;
    private NodeStake _stake = null!;

    [SetUp]
    public void OpenChain()
    {
        PouwNodeOptions options = new()
        {
            Key = _staker,
            Parameters = NetworkParameters.Development with
            {
                Allocations = [new GenesisAllocation(_poor.Address, Amount.FromCoins(10))],
                Stakes = [new GenesisStake(_staker.Address, Amount.FromCoins(100), StakeRoles.Validator)],
            },
        };
        _chain = new BlockChain(NodeChain.OptionsOf(options, new LeaseView(options.Parameters)));
        _stake = new StakeVouching(_chain, SignatureSchemes.CreateSecp256k1(), TimeProvider.System, _options).ToStake(default);
    }

    [OneTimeTearDown]
    public void ForgetKeys()
    {
        _staker.Dispose();
        _poor.Dispose();
        _peer.Dispose();
        _other.Dispose();
    }

    [Test]
    public async Task A_peer_shows_the_account_that_it_speaks_for()
    {
        ReadOnlyMemory<byte> binding = await SignAsync(_staker, _chain.Genesis.Id);
        Assert.That(Verify(binding, _peer.Id), Is.EqualTo((ValidationCode.Ok, (Address?)_staker.Address)));
        Assert.That(Verify(binding, _peer.Id), Is.EqualTo((ValidationCode.Ok, (Address?)_staker.Address)), "a second time is no replay");
    }

    [Test]
    public async Task An_account_without_stake_counts_for_nothing_and_is_no_fault()
    {
        ReadOnlyMemory<byte> binding = await SignAsync(_poor, _chain.Genesis.Id);
        Assert.That(Verify(binding, _peer.Id), Is.EqualTo((ValidationCode.Ok, (Address?)null)));
    }

    [Test]
    public async Task Somebody_elses_binding_and_another_networks_and_a_damaged_one_are_refused()
    {
        ReadOnlyMemory<byte> binding = await SignAsync(_staker, _chain.Genesis.Id);
        Assert.That(Verify(binding, _other.Id), Is.EqualTo((ValidationCode.NotAllowed, (Address?)null)));
        Assert.That(Verify(await SignAsync(_staker, Hash256.Sha256([1])), _peer.Id), Is.EqualTo((ValidationCode.WrongChain, (Address?)null)));
        Random random = new(7);
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = binding.ToArray();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            Assert.That(Verify(damaged, _peer.Id).Account, Is.Null);
        }

        Assert.That(Verify(default, _peer.Id).Code, Is.Not.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public async Task The_staked_authorizer_asks_for_account_stake_or_the_operators_word()
    {
        Sdk.Peers.StakedPeerAuthorizer authorizer = new(_chain, [_other.Id]);
        Assert.That(await AdmitAsync(authorizer, _peer.Id, _staker.Address), Is.EqualTo(ValidationCode.Ok));
        Assert.That(await AdmitAsync(authorizer, _peer.Id, _poor.Address), Is.EqualTo(ValidationCode.NotAllowed));
        Assert.That(await AdmitAsync(authorizer, _peer.Id, null), Is.EqualTo(ValidationCode.NotAllowed));
        Assert.That(await AdmitAsync(authorizer, _other.Id, null), Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public async Task A_list_admits_its_peers()
    {
        AllowListPeerAuthorizer authorizer = new([_peer.Id], []);
        Assert.That(await AdmitAsync(authorizer, _peer.Id, null), Is.EqualTo(ValidationCode.Ok));
        Assert.That(await AdmitAsync(authorizer, _other.Id, _staker.Address), Is.EqualTo(ValidationCode.NotAllowed));
    }

    [Test]
    public async Task Rendezvous_is_for_connected_peers_that_would_be_admitted_now()
    {
        AllowListPeerAuthorizer list = new([_peer.Id], []);
        AdmittedRendezvous rendezvous = new(list, () => [Describe(_peer.Id, null)]);
        Assert.That(await rendezvous.MayRegisterAsync(_peer.Id, "n", CancellationToken.None), Is.True);
        Assert.That(await rendezvous.MayDiscoverAsync(_peer.Id, "n", CancellationToken.None), Is.True);
        list.Add(_other.Id);
        Assert.That(await rendezvous.MayRegisterAsync(_other.Id, "n", CancellationToken.None), Is.False, "not connected");
        list.Remove(_peer.Id);
        Assert.That(await rendezvous.MayRegisterAsync(_peer.Id, "n", CancellationToken.None), Is.False);
        Assert.That(await rendezvous.MayDiscoverAsync(_peer.Id, "n", CancellationToken.None), Is.False);
    }

    [Test]
    public void Scores_are_there_while_the_peer_is()
    {
        ConnectedAccounts scores = new(_chain, new PeerScoreOptions(), TimeProvider.System);
        PeerDescription staked = Describe(_peer.Id, _staker.Address);
        scores.Add(staked);
        scores.Add(Describe(_other.Id, null));
        Assert.That(scores.Of(_peer.Id), Is.EqualTo(new PeerScoreOptions().StakePoints / 2));
        Assert.That(scores.Of(_other.Id), Is.Zero);
        scores.Remove(staked);
        Assert.That(scores.Of(_peer.Id), Is.Zero);
    }

    private Task<ReadOnlyMemory<byte>> SignAsync(KeyPair account, Hash256 network) => StakeVouching.SignAsync(
        new KeyPairSigner(account), network, _peer.Id, TimeProvider.System, _options, CancellationToken.None);

    private (ValidationCode Code, Address? Account) Verify(ReadOnlyMemory<byte> binding, PeerId peer)
    {
        ValidationResult result = _stake.Verify(binding, peer, out Address? account);
        return (result.Code, account);
    }

    private static async Task<ValidationCode> AdmitAsync(IPeerAuthorizer authorizer, PeerId peer, Address? account) =>
        (await authorizer.AuthorizeAsync(Describe(peer, account), CancellationToken.None)).Code;

    private static PeerDescription Describe(PeerId peer, Address? account) => new(peer, Multiaddr.Memory("peer"), "test", true, account);
}
