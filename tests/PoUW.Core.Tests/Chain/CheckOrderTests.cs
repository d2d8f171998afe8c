using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>A block that breaks a rule and every dearer one gets the cheap rule's code, and nothing dearer was computed for it.</summary>
public sealed class CheckOrderTests
{
    private readonly CountingVerifier _verifier = new();
    private readonly CountingScheme _scheme = new();
    private TestNet _net = null!;
    private BlockChain _chain = null!;
    private Block _valid = null!;

    /// <summary>The rules from cheap to dear, and what is counted before each says no: claims, witnesses, signatures.</summary>
    private enum Rule
    {
        Size,
        Version,
        ChainId,
        Parent,
        Height,
        Time,
        Bits,
        Checkpoint,
        Body,
        Commitment,
        Ticket,
        Witness,
        Seal,
        Openings,
        Transaction,
        State,
    }

    [SetUp]
    public void Open()
    {
        _net = new TestNet(parameters => parameters with { MaxBlockBytes = 4_200 });
        BlockChain source = _net.Open();
        _net.Grow(source, 2);
        _valid = _net.Next(source, [_net.Pay(_net.Alice, 0, 1)]);
        _chain = _net.Open(new InMemoryKeyValueStore(), options => options with
        {
            WorkVerifier = _verifier,
            SignatureScheme = _scheme,

            // The trusted block at height 3 is nobody's, unless a test says otherwise.
            TrustedCheckpoint = new Checkpoint(TrustedHeight, TrustedHeight == 3 ? Hash256.Sha256([9]) : default),
        });
        foreach (ulong height in new ulong[] { 1, 2 })
        {
            Assert.That(_chain.Import(source.GetBlockByHeight(height)!).IsValid, Is.True);
        }

        _verifier.Reset();
        _scheme.Reset();
    }

    [TearDown]
    public void Close() => _net.Dispose();

    private static ulong TrustedHeight => TestContext.CurrentContext.Test.Arguments is [Rule rule, ..] && rule <= Rule.Checkpoint ? 3UL : 1_000UL;

    private static IEnumerable<TestCaseData> Rules()
    {
        yield return Case(Rule.Size, ValidationCode.TooLarge, 0, 0, 0);
        yield return Case(Rule.Version, ValidationCode.WrongVersion, 0, 0, 0);
        yield return Case(Rule.ChainId, ValidationCode.WrongChain, 0, 0, 0);
        yield return Case(Rule.Parent, ValidationCode.UnknownParent, 0, 0, 0);
        yield return Case(Rule.Height, ValidationCode.WrongHeight, 0, 0, 0);
        yield return Case(Rule.Time, ValidationCode.BadTimestamp, 0, 0, 0);
        yield return Case(Rule.Bits, ValidationCode.WrongBits, 0, 0, 0);
        yield return Case(Rule.Checkpoint, ValidationCode.WrongCheckpoint, 0, 0, 0);
        yield return Case(Rule.Body, ValidationCode.WrongTransactionRoot, 0, 0, 0);
        yield return Case(Rule.Commitment, ValidationCode.WrongCertificateCommitment, 0, 0, 0);
        yield return Case(Rule.Ticket, ValidationCode.TicketAboveTarget, 1, 0, 0);
        yield return Case(Rule.Witness, ValidationCode.MissingWitness, 1, 0, 0);
        yield return Case(Rule.Seal, ValidationCode.BadSignature, 1, 0, 1);
        yield return Case(Rule.Openings, ValidationCode.BadOpening, 1, 1, 1);
        // The signatures of all transactions are tried first; a bad one is tried again where its result is reported.
        yield return Case(Rule.Transaction, ValidationCode.InvalidTransaction, 1, 1, 3);
        yield return Case(Rule.State, ValidationCode.WrongStateRoot, 1, 1, 2);

        static TestCaseData Case(Rule rule, ValidationCode code, int claims, int witnesses, int signatures) =>
            new TestCaseData(rule, code, claims, witnesses, signatures).SetArgDisplayNames(rule.ToString());
    }

    [TestCaseSource(nameof(Rules))]
    public void The_cheapest_broken_rule_decides(object first, ValidationCode code, int claims, int witnesses, int signatures)
    {
        Block broken = Break((Rule)first);
        ValidationResult result = _chain.ImportUnsolicited(broken, () => true);

        Assert.That(result.Code, Is.EqualTo(code), result.ToString());
        Assert.That(_verifier.Claims, Is.EqualTo(claims), "claims");
        Assert.That(_verifier.Witnesses, Is.EqualTo(witnesses), "witnesses");
        Assert.That(_scheme.Verified, Is.EqualTo(signatures), "signatures");
    }

    [Test]
    public void A_known_block_and_one_whose_parent_is_unknown_cost_nothing_dear()
    {
        Assert.That(_chain.Import(_valid).ToString(), Is.EqualTo("Ok"));
        _verifier.Reset();
        _scheme.Reset();
        Assert.That(_chain.Import(_valid).Code, Is.EqualTo(ValidationCode.AlreadyKnown));
        Assert.That(_chain.Peek(_valid.Encode()).Code, Is.EqualTo(ValidationCode.AlreadyKnown));
        Assert.That(_chain.Peek(Break(Rule.Parent).Encode()).Code, Is.EqualTo(ValidationCode.UnknownParent));
        Assert.That(_verifier.Claims + _verifier.Witnesses + _scheme.Verified, Is.Zero);
    }

    [Test]
    public void A_peek_sees_the_header_and_nothing_behind_it()
    {
        byte[] encoded = _valid.Encode();
        Assert.That(_chain.Peek(encoded).IsValid, Is.True);
        Assert.That(_chain.Peek(encoded.AsSpan(0, 3)).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(_chain.Peek([]).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(_chain.Peek(new byte[Block.MaxEncodedBytes(4_200) + 1]).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(_chain.Peek(Break(Rule.ChainId).Encode()).Code, Is.EqualTo(ValidationCode.WrongChain));
        Assert.That(_chain.Peek(Break(Rule.Body).Encode()).IsValid, Is.True);
        Assert.That(_chain.Import(Break(Rule.State)).Code, Is.EqualTo(ValidationCode.WrongStateRoot));
        Assert.That(_chain.Peek(Break(Rule.State).Encode()).Code, Is.EqualTo(ValidationCode.InvalidAncestor));
        Fuzzer random = new(5, "peek");
        for (int i = 0; i < 2_000; i++)
        {
            Assert.That(() => _chain.Peek(random.Mutate(encoded)), Throws.Nothing);
        }
    }

    /// <summary>Breaks a rule and every dearer one, and keeps all cheaper ones.</summary>
    private Block Break(Rule first)
    {
        bool Breaks(Rule rule) => rule >= first;
        Transaction[] body = [.. _valid.Transactions];
        if (Breaks(Rule.Transaction))
        {
            byte[] signature = body[0].Signature.ToArray();
            signature[40] ^= 1;
            body = [new Transaction(body[0].Body, signature)];
        }

        if (Breaks(Rule.Size))
        {
            body = [.. Enumerable.Range(0, 40).Select(i => _net.Pay(_net.Alice, (ulong)i, 1))];
        }

        BlockHeader header = _valid.Header with
        {
            Version = (ushort)(Breaks(Rule.Version) ? 2 : 1),
            ChainId = Breaks(Rule.ChainId) ? 5 : _valid.Header.ChainId,
            ParentHash = Breaks(Rule.Parent) ? Hash256.Sha256([1]) : _valid.Header.ParentHash,
            Height = Breaks(Rule.Height) ? 77 : _valid.Header.Height,
            TimestampMs = Breaks(Rule.Time) ? 1 : _valid.Header.TimestampMs,
            Bits = Breaks(Rule.Bits) ? 3 : _valid.Header.Bits,
            TransactionRoot = Breaks(Rule.Body) ? Hash256.Sha256([2]) : Block.TransactionRootOf(body),
            StateRoot = Breaks(Rule.State) ? Hash256.Sha256([3]) : _valid.Header.StateRoot,
            CertificateCommitment = default,
        };
        WorkCertificate certificate = Breaks(Rule.Ticket) ? Losing(header) : NonceWork.Mine(header);
        header = header with { CertificateCommitment = Breaks(Rule.Commitment) ? Hash256.Sha256([4]) : BlockHeader.CommitTo(certificate.PublicData.Span) };
        byte[] witness = Breaks(Rule.Witness) ? [] : Breaks(Rule.Openings) ? new byte[32] : certificate.Witness.ToArray();
        ProducerSeal seal = ProducerSeal.Sign(TestNet.MinerKey, Breaks(Rule.Seal) ? header with { Nonce = 9 } : header);
        return new Block(header, body, certificate with { Witness = witness }, seal);
    }

    private static WorkCertificate Losing(BlockHeader header) => new(
        Enumerable.Range(0, 256).Select(i => new[] { (byte)i }).First(data => !new NonceWork().VerifyPublicData(header, data, out _).IsValid),
        new byte[32]);

    private sealed class CountingVerifier : IWorkVerifier
    {
        private readonly NonceWork _inner = new();

        internal int Claims { get; private set; }

        internal int Witnesses { get; private set; }

        public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
        {
            Claims++;
            return _inner.VerifyPublicData(header, publicData, out ticket);
        }

        public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
        {
            Witnesses++;
            return _inner.Verify(header, certificate, out ticket);
        }

        internal void Reset() => (Claims, Witnesses) = (0, 0);
    }

    private sealed class CountingScheme : ISignatureScheme
    {
        private readonly Secp256k1Scheme _inner = new();
        private int _verified;

        public byte Id => _inner.Id;

        internal int Verified => Volatile.Read(ref _verified);

        public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature)
        {
            Interlocked.Increment(ref _verified);
            return _inner.Verify(publicKey, hash, signature);
        }

        public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address) => _inner.TryGetAddress(publicKey, out address);

        internal void Reset() => Volatile.Write(ref _verified, 0);
    }
}
