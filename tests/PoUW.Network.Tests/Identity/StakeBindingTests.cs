using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Signing;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Identity;

[TestFixture]
internal sealed class StakeBindingTests
{
    private static readonly Hash256 Network = Hash256.Sha256("genesis"u8);

    private static readonly KeyPair Staker = KeyPair.Generate(new SeededRandomSource(1, "staker"));

    private static readonly KeyPair OtherStaker = KeyPair.Generate(new SeededRandomSource(2, "staker"));

    private static readonly ISignatureScheme Scheme = SignatureSchemes.CreateSecp256k1();

    private static readonly StakeBindingOptions Options = new();

    private static readonly PeerId Peer = PeerOf(1);

    private static readonly PeerId OtherPeer = PeerOf(2);

    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task A_binding_names_the_account_to_the_peer_that_shows_it()
    {
        StakeBinding binding = await BindAsync(Staker, Peer, 1);
        Assert.That(StakeBinding.TryDecode(binding.Encode(), out StakeBinding? read).IsValid, Is.True);
        Assert.That(Verify(read!, Peer, out Address account).IsValid, Is.True);
        Assert.That((account, read!.Encode().Length <= StakeBinding.MaxEncodedBytes), Is.EqualTo((Staker.Address, true)));
    }

    [Test]
    public async Task Every_rule_that_a_binding_breaks_is_found()
    {
        StakeBinding good = await BindAsync(Staker, Peer, 1);
        IdentityBinding statement = good.Statement;
        byte[] changed = good.Signature.ToArray();
        changed[5] ^= 1;
        StakeBinding foreign = await BindAsync(Staker, Peer, 1, network: Hash256.Sha256("other"u8));
        StakeBinding over = await BindAsync(Staker, Peer, 1, expiresAt: Now);
        StakeBinding endless = await BindAsync(Staker, Peer, 1, expiresAt: Now + Options.MaxLifetime + TimeSpan.FromSeconds(1));
        StakeBinding longest = await BindAsync(Staker, Peer, 1, expiresAt: Now + Options.MaxLifetime);
        Assert.Multiple(() =>
        {
            Expect(longest, Peer, ValidationCode.Ok, "as long as allowed");
            Expect(good, OtherPeer, ValidationCode.NotAllowed, "shown by another peer");
            Expect(good, default, ValidationCode.NotAllowed, "shown by nobody");
            Expect(foreign, Peer, ValidationCode.WrongChain, "for another network");
            Expect(over, Peer, ValidationCode.Expired, "over");
            Expect(endless, Peer, ValidationCode.OutOfRange, "too long");
            Expect(good with { Signature = changed }, Peer, ValidationCode.BadSignature, "another signature");
            Expect(good with { Statement = statement with { Sequence = 2 } }, Peer, ValidationCode.BadSignature, "another sequence");
            Expect(
                good with { Statement = statement with { ExpiresAt = statement.ExpiresAt + 1 } }, Peer, ValidationCode.BadSignature, "another end");
            Expect(
                good with { Statement = statement with { Identity = OtherPeer.Bytes.ToArray() } }, OtherPeer, ValidationCode.BadSignature, "another peer");
            Expect(
                good with { Statement = statement with { PublicKey = OtherStaker.PublicKey } }, Peer, ValidationCode.BadSignature, "another account");
            Expect(good with { Statement = statement with { PublicKey = new byte[33] } }, Peer, ValidationCode.BadSignature, "a key that is none");
        });
    }

    [Test]
    public async Task Other_forms_are_refused()
    {
        StakeBinding good = await BindAsync(Staker, Peer, 1);
        byte[] valid = good.Encode();
        Assert.Multiple(() =>
        {
            foreach (byte[] bytes in (byte[][])[[], valid[..^1], [.. valid, 0], (good with { Signature = new byte[63] }).Encode(), [0xc0], [0xc2, 0xc0, 0x80]])
            {
                Assert.That(StakeBinding.TryDecode(bytes, out StakeBinding? read).Code, Is.EqualTo(ValidationCode.Malformed));
                Assert.That(read, Is.Null);
            }

            Assert.That(StakeBinding.TryDecode(new byte[StakeBinding.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        });
    }

    [Test]
    public async Task Mutated_bindings_never_break_the_decoder_nor_count()
    {
        Random mutations = new(9);
        byte[] valid = (await BindAsync(Staker, Peer, 1)).Encode();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(valid, mutations);
            if (StakeBinding.TryDecode(bytes, out StakeBinding? read).IsValid && !bytes.AsSpan().SequenceEqual(valid))
            {
                Assert.That(Verify(read!, Peer, out Address account).IsValid, Is.False);
                Assert.That(account, Is.EqualTo(default(Address)));
            }
        }
    }

    [Test]
    public async Task A_signer_that_refuses_gives_no_binding()
    {
        (SignResult result, StakeBinding? binding) = await StakeBinding.SignAsync(
            new RefusingSigner(Staker.Address, Staker.PublicKey), Network, Peer, 1, Now);
        Assert.That((result.Status, binding), Is.EqualTo((SignStatus.Refused, (StakeBinding?)null)));
    }

    [Test]
    public async Task The_higher_sequence_wins_and_the_replaced_identity_does_not_come_back()
    {
        StakeBindingRegister register = RegisterAt(Now, out _);
        StakeBinding first = await BindAsync(Staker, Peer, 1);
        StakeBinding second = await BindAsync(Staker, OtherPeer, 2);
        StakeBinding conflicting = await BindAsync(Staker, PeerOf(3), 2);
        Assert.That(register.TryAdd(first, Peer).IsValid, Is.True);
        Assert.That(register.TryAdd(first, Peer).IsValid, Is.True, "again");
        Assert.That((register.AccountOf(Peer), register.PeerOf(Staker.Address)), Is.EqualTo(((Address?)Staker.Address, (PeerId?)Peer)));
        Assert.That(register.TryAdd(second, OtherPeer).IsValid, Is.True);
        Assert.Multiple(() =>
        {
            Assert.That(register.AccountOf(Peer), Is.Null, "replaced");
            Assert.That((register.AccountOf(OtherPeer), register.PeerOf(Staker.Address)), Is.EqualTo(((Address?)Staker.Address, (PeerId?)OtherPeer)));
            Assert.That(register.TryAdd(first, Peer).Code, Is.EqualTo(ValidationCode.NonceTooLow), "a replay");
            Assert.That(register.TryAdd(conflicting, PeerOf(3)).Code, Is.EqualTo(ValidationCode.NonceTooLow), "two peers with one sequence");
        });
    }

    [Test]
    public async Task A_binding_ends_and_its_place_is_used_again()
    {
        StakeBindingRegister register = RegisterAt(Now, out ManualTimeProvider time, new StakeBindingOptions { MaxBindings = 1 });
        StakeBinding binding = await BindAsync(Staker, Peer, 1, expiresAt: Now.AddHours(1));
        StakeBinding other = await BindAsync(OtherStaker, OtherPeer, 1, expiresAt: Now.AddHours(9));
        Assert.That(register.TryAdd(binding, Peer).IsValid, Is.True);
        Assert.That(register.TryAdd(other, OtherPeer).Code, Is.EqualTo(ValidationCode.PoolFull));
        time.Advance(TimeSpan.FromHours(1));
        Assert.That((register.AccountOf(Peer), register.PeerOf(Staker.Address)), Is.EqualTo(((Address?)null, (PeerId?)null)));
        Assert.That(register.TryAdd(binding, Peer).Code, Is.EqualTo(ValidationCode.Expired));
        Assert.That(register.TryAdd(other, OtherPeer).IsValid, Is.True);
        Assert.That(register.AccountOf(OtherPeer), Is.EqualTo((Address?)OtherStaker.Address));
    }

    [Test]
    public async Task A_peer_acts_for_one_account_and_only_accounts_that_count_are_taken()
    {
        StakeBindingRegister register = RegisterAt(Now, out ManualTimeProvider time);
        StakeBinding first = await BindAsync(Staker, Peer, 1, expiresAt: Now.AddHours(1));
        StakeBinding second = await BindAsync(OtherStaker, Peer, 1, expiresAt: Now.AddHours(9));
        Assert.That(register.TryAdd(first, Peer, _ => false).Code, Is.EqualTo(ValidationCode.StakeTooSmall));
        Assert.That(register.AccountOf(Peer), Is.Null);
        Assert.That(register.TryAdd(first, Peer, account => account == Staker.Address).IsValid, Is.True);
        Assert.That(register.TryAdd(second, Peer).Code, Is.EqualTo(ValidationCode.AlreadyRegistered));
        time.Advance(TimeSpan.FromHours(1));
        Assert.That(register.TryAdd(second, Peer).IsValid, Is.True, "the first is over");
        Assert.That((register.AccountOf(Peer), register.PeerOf(Staker.Address)), Is.EqualTo(((Address?)OtherStaker.Address, (PeerId?)null)));
    }

    private static PeerId PeerOf(ulong number) => IdentityKey.Generate(new SeededRandomSource(number, "peer")).Id;

    private static StakeBindingRegister RegisterAt(DateTimeOffset now, out ManualTimeProvider time, StakeBindingOptions? options = null)
    {
        time = new ManualTimeProvider();
        time.Advance(now - DateTimeOffset.UnixEpoch);
        return new StakeBindingRegister(Network, Scheme, time, options);
    }

    private static async Task<StakeBinding> BindAsync(
        KeyPair staker, PeerId peer, ulong sequence, Hash256? network = null, DateTimeOffset? expiresAt = null)
    {
        (SignResult result, StakeBinding? binding) = await StakeBinding.SignAsync(
            new KeyPairSigner(staker), network ?? Network, peer, sequence, expiresAt ?? Now.AddDays(1));
        Assert.That(result.IsSigned, Is.True);
        return binding!;
    }

    private static ValidationResult Verify(StakeBinding binding, PeerId sender, out Address account) =>
        binding.Verify(Network, sender, Now, Scheme, Options, out account);

    private static void Expect(StakeBinding binding, PeerId sender, ValidationCode code, string name)
    {
        ValidationResult result = Verify(binding, sender, out Address account);
        Assert.That((result.Code, account), Is.EqualTo((code, code == ValidationCode.Ok ? Staker.Address : default)), $"{name}: {result}");
    }
}
