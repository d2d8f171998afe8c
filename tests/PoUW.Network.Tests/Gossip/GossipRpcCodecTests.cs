using System.Text;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Identity;
using PoUW.Network.Protobuf;
using PoUW.Network.Tests.Gossip.Support;
using PoUW.Network.Tests.Hosting;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>
/// The encoding of RPCs. The vectors are what @libp2p/gossipsub 17.1.1 for JavaScript encodes; Go writes the fields in the same order.
/// </summary>
[TestFixture]
internal sealed class GossipRpcCodecTests
{
    private const string Subscriptions = "0a0a08011206626c6f636b730a0708001203747873";
    private const string Unsigned = "120f120568656c6c6f2206626c6f636b73";
    private const string EmptyData = "120a12002206626c6f636b73";

    private const string Signed =
        "12300a06000400000007120568656c6c6f1a0800000000000000092206626c6f636b732a06aaaaaaaaaaaa3205bbbbbbbbbb";

    private const string Control =
        "1a4e0a140a06626c6f636b7312040101010112040202020212060a04030303031a080a06626c6f636b7322160a03747873120d0a06000400000007120309090918"
        + "3c2a0c0a04040404040a0405050505";

    private const string SignedBySecp256k1 =
        "12b2010a270025080212210268262c61d6680dc19a9578190692ed603a18428e78f98f2046c0b834dcb67f9c120568656c6c6f1a0818ea8f8b3439e701220662"
        + "6c6f636b732a4730450221009034b683c662e13f0f97a86d2fdcdd28c2607641239c2ba098ee296fd5c650f90220082b81cca33cffcc49a159b0a8c5608cd6e8"
        + "e3ef68023d0bcc19c20a73d58efc3225080212210268262c61d6680dc19a9578190692ed603a18428e78f98f2046c0b834dcb67f9c";

    private const string SignedByEd25519 =
        "12a9010a26002408011220bd59c26a963bc09a74141d2e33407becf3bddde3066dbe08f2ccda66f295af60120568656c6c6f1a0818ea8f8b3439e70222066"
        + "26c6f636b732a4095f8697982116b92016a05f2abd6658107b5d596d28a478e43c29781adba80c0ac99fe5d92d12075dbce3aaf96494ecc006c1ee03148ab0"
        + "1366fdc2faccc120c322408011220bd59c26a963bc09a74141d2e33407becf3bddde3066dbe08f2ccda66f295af60";

    private static readonly GossipLimits Limits = new();

    [Test]
    public void SubscriptionsReadAndWriteAsInJavaScript()
    {
        GossipRpc rpc = Decode(Subscriptions);
        Assert.That(rpc.Subscriptions, Is.EqualTo(new[] { new GossipSubscription("blocks", true), new GossipSubscription("txs", false) }));
        AssertEncodes(rpc, Subscriptions);
    }

    [Test]
    public void MessagesReadAndWriteAsInJavaScript()
    {
        GossipMessage plain = Decode(Unsigned).Messages.Single();
        Assert.That((plain.Topic, Encoding.ASCII.GetString(plain.Data.Span)), Is.EqualTo(("blocks", "hello")));
        Assert.That((plain.Author, plain.Sequence, plain.Signature, plain.Key), Is.EqualTo(((byte[]?)null, (byte[]?)null, (byte[]?)null, (byte[]?)null)));
        GossipMessage signed = Decode(Signed).Messages.Single();
        Assert.That(signed.Author, Is.EqualTo(GossipIds.Peer(7).Bytes.ToArray()));
        Assert.That(signed.Sequence, Is.EqualTo(new byte[] { 0, 0, 0, 0, 0, 0, 0, 9 }));
        Assert.That((signed.Signature!.Length, signed.Key!.Length), Is.EqualTo((6, 5)));
        foreach (string vector in new[] { Unsigned, EmptyData, Signed, SignedBySecp256k1, SignedByEd25519 })
        {
            AssertEncodes(Decode(vector), vector);
        }
    }

    [Test]
    public void ControlReadsAndWritesAsInJavaScript()
    {
        GossipRpc rpc = Decode(Control);
        Assert.That(rpc.IHave.Single().Topic, Is.EqualTo("blocks"));
        Assert.That(rpc.IHave.Single().Ids, Is.EqualTo(new[] { Id(1), Id(2) }));
        Assert.That(rpc.IWant, Is.EqualTo(new[] { Id(3) }));
        Assert.That(rpc.Graft, Is.EqualTo(new[] { "blocks" }));
        GossipPrune prune = rpc.Prune.Single();
        Assert.That((prune.Topic, prune.BackoffSeconds), Is.EqualTo(("txs", 60)));
        Assert.That(prune.Peers.Single().Peer, Is.EqualTo(GossipIds.Peer(7)));
        Assert.That(prune.Peers.Single().SignedRecord.ToArray(), Is.EqualTo(new byte[] { 9, 9, 9 }));
        Assert.That(rpc.IDontWant, Is.EqualTo(new[] { Id(4), Id(5) }));
        AssertEncodes(rpc, Control);
    }

    [Test]
    public void SignaturesOfOtherImplementationsVerify()
    {
        MessageSigning signing = new(null, IdentityVerifier.Create(), new SeededRandomSource(1, "signing"));
        Assert.That(signing.Verify(Decode(SignedBySecp256k1).Messages[0]), Is.True);
        if (IdentityVerifier.Create().CanVerify(KeyType.Ed25519))
        {
            Assert.That(signing.Verify(Decode(SignedByEd25519).Messages[0]), Is.True);
        }
    }

    [Test]
    public void SignaturesCoverAuthorNumberTopicAndData()
    {
        MessageSigning signing = new(HostWorld.KeyOf(0), IdentityVerifier.CreateInBox(), new SeededRandomSource(1, "signing"));
        GossipMessage good = signing.Sign("t", [1, 2, 3]);
        byte[] other = HostWorld.IdOf(1).Bytes.ToArray();
        byte[] otherKey = HostWorld.KeyOf(1).PublicKey.Encode();
        Assert.Multiple(() =>
        {
            Assert.That(signing.Verify(good), Is.True);
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 3], good.Author, good.Sequence, good.Signature, HostWorld.KeyOf(0).PublicKey.Encode())));
            Assert.That(signing.Verify(new GossipMessage("u", [1, 2, 3], good.Author, good.Sequence, good.Signature)), Is.False, "topic");
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 4], good.Author, good.Sequence, good.Signature)), Is.False, "data");
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 3], other, good.Sequence, good.Signature)), Is.False, "author");
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 3], good.Author, new byte[8], good.Signature)), Is.False, "number");
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 3], good.Author, good.Sequence, new byte[70])), Is.False, "signature");
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 3], good.Author, good.Sequence, good.Signature, otherKey)), Is.False, "key of another");
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 3], [1, 2], good.Sequence, good.Signature)), Is.False, "author is no id");
            Assert.That(signing.Verify(new GossipMessage("t", [1, 2, 3], null, good.Sequence, good.Signature)), Is.False, "no author");
            Assert.That(signing.Sign("t", [1, 2, 3]).Sequence, Is.Not.EqualTo(good.Sequence), "numbers go on");
        });
    }

    [Test]
    public void TheIdOfContentIsThatOfTopicAndData()
    {
        GossipMessage message = new("blocks", "hello"u8);
        byte[] expected = System.Security.Cryptography.SHA256.HashData([6, .. "blocks"u8, .. "hello"u8]);
        Assert.That(GossipMessageIds.ByContent(message).Bytes.ToArray(), Is.EqualTo(expected));
        Assert.That(GossipMessageIds.ByContent(new GossipMessage("block", "shello"u8)), Is.Not.EqualTo(GossipMessageIds.ByContent(message)));
    }

    [Test]
    public void WhatIsNotKnownIsSkipped()
    {
        byte[] unknown = [0x48, 1, 0x52, 2, 7, 7];
        byte[] message = [.. Convert.FromHexString(Unsigned).AsSpan(2), .. unknown];
        byte[] rpc = [.. unknown, 0x12, (byte)message.Length, .. message, 0x1a, (byte)unknown.Length, .. unknown];
        Assert.That(GossipRpcCodec.TryDecode(rpc, Limits, out GossipRpc? read).IsValid, Is.True);
        Assert.That(Convert.ToHexStringLower(GossipRpcCodec.Encode(read!)), Is.EqualTo(Unsigned), "and not passed on");
    }

    [TestCase("08", ValidationCode.Malformed, TestName = "A field without its value")]
    [TestCase("0801", ValidationCode.Malformed, TestName = "Subscriptions that are a number")]
    [TestCase("1001", ValidationCode.Malformed, TestName = "A message that is a number")]
    [TestCase("1801", ValidationCode.Malformed, TestName = "Control that is a number")]
    [TestCase("0a020801", ValidationCode.Malformed, TestName = "A subscription without topic")]
    [TestCase("0a021200", ValidationCode.TooLarge, TestName = "A subscription to nothing")]
    [TestCase("0a021001", ValidationCode.TooLarge, TestName = "A topic that is a number")]
    [TestCase("0a031201ff", ValidationCode.Malformed, TestName = "A topic that is no text")]
    [TestCase("1202120 0", ValidationCode.Malformed, TestName = "A message without topic")]
    [TestCase("12051001220162", ValidationCode.Malformed, TestName = "Data that is a number")]
    [TestCase("120e1a09000000000000000000220162", ValidationCode.TooLarge, TestName = "A number of nine bytes")]
    [TestCase("1a020801", ValidationCode.Malformed, TestName = "IHAVE that is a number")]
    [TestCase("1a020a00", ValidationCode.Malformed, TestName = "IHAVE without topic")]
    [TestCase("1a021a00", ValidationCode.Malformed, TestName = "GRAFT without topic")]
    [TestCase("1a022200", ValidationCode.Malformed, TestName = "PRUNE without topic")]
    [TestCase("1a0412020a00", ValidationCode.TooLarge, TestName = "An empty id")]
    [TestCase("1a0412020801", ValidationCode.TooLarge, TestName = "An id that is a number")]
    [TestCase("1a0922070a0174120 20a00", ValidationCode.Malformed, TestName = "A suggested peer that is no id")]
    [TestCase("1a0922070a017412021200", ValidationCode.Malformed, TestName = "A suggested peer without id")]
    [TestCase("1a042a020a00", ValidationCode.TooLarge, TestName = "An empty id in IDONTWANT")]
    public void BytesThatAreNoRpcAreRefused(string hex, ValidationCode code)
    {
        ValidationResult result = GossipRpcCodec.TryDecode(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), Limits, out GossipRpc? rpc);
        Assert.That(rpc, Is.Null);
        Assert.That(result.Code, Is.EqualTo(code), result.Message);
    }

    private static readonly GossipLimits Tight = new()
    {
        MaxRpcBytes = 4096,
        MaxTopicBytes = 8,
        MaxSubscriptionsPerRpc = 2,
        MaxMessagesPerRpc = 2,
        MaxControlPerRpc = 2,
        MaxIdsPerRpc = 4,
        MaxIdBytes = 4,
        MaxExchangedPeers = 2,
        MaxPeerRecordBytes = 3,
    };

    private static IEnumerable<TestCaseData> AtTheLimits()
    {
        GossipMessageId[] two = [Id(1), Id(2)];
        GossipExchangedPeer peer = new(GossipIds.Peer(1), new byte[3]);
        yield return new TestCaseData(new GossipRpc { Subscriptions = Repeat(new GossipSubscription("12345678", true), 2) }, true).SetArgDisplayNames("subscriptions");
        yield return new TestCaseData(new GossipRpc { Subscriptions = Repeat(new GossipSubscription("t", true), 3) }, false).SetArgDisplayNames("+subscriptions");
        yield return new TestCaseData(new GossipRpc { Subscriptions = [new GossipSubscription("123456789", true)] }, false).SetArgDisplayNames("+topic");
        yield return new TestCaseData(new GossipRpc { Messages = Repeat(new GossipMessage("t", []), 2) }, true).SetArgDisplayNames("messages");
        yield return new TestCaseData(new GossipRpc { Messages = Repeat(new GossipMessage("t", []), 3) }, false).SetArgDisplayNames("+messages");
        yield return new TestCaseData(new GossipRpc { Messages = [new GossipMessage("t", new byte[4096])] }, false).SetArgDisplayNames("+bytes");
        yield return new TestCaseData(new GossipRpc { Messages = [new GossipMessage("t", [], new byte[45])] }, false).SetArgDisplayNames("+author");
        yield return new TestCaseData(new GossipRpc { Messages = [new GossipMessage("t", [], signature: new byte[1025])] }, false).SetArgDisplayNames("+signature");
        yield return new TestCaseData(new GossipRpc { Messages = [new GossipMessage("t", [], key: new byte[2049])] }, false).SetArgDisplayNames("+key");
        yield return new TestCaseData(new GossipRpc { IHave = Repeat(new GossipIHave("t", two), 2) }, true).SetArgDisplayNames("ihave");
        yield return new TestCaseData(new GossipRpc { IHave = Repeat(new GossipIHave("t", []), 3) }, false).SetArgDisplayNames("+ihave");
        yield return new TestCaseData(new GossipRpc { IHave = [new GossipIHave("t", Repeat(Id(1), 5))] }, false).SetArgDisplayNames("+ids");
        yield return new TestCaseData(new GossipRpc { IHave = [new GossipIHave("t", two)], IWant = two, IDontWant = [Id(5)] }, false).SetArgDisplayNames("+ids of all");
        yield return new TestCaseData(new GossipRpc { IWant = [new GossipMessageId(new byte[5])] }, false).SetArgDisplayNames("+id");
        yield return new TestCaseData(new GossipRpc { Graft = Repeat("t", 2) }, true).SetArgDisplayNames("graft");
        yield return new TestCaseData(new GossipRpc { Graft = Repeat("t", 3) }, false).SetArgDisplayNames("+graft");
        yield return new TestCaseData(new GossipRpc { Prune = Repeat(new GossipPrune("t", 1, Repeat(peer, 2)), 2) }, true).SetArgDisplayNames("prune");
        yield return new TestCaseData(new GossipRpc { Prune = Repeat(new GossipPrune("t", 1, []), 3) }, false).SetArgDisplayNames("+prune");
        yield return new TestCaseData(new GossipRpc { Prune = [new GossipPrune("t", 1, Repeat(peer, 3))] }, false).SetArgDisplayNames("+peers");
        yield return new TestCaseData(
            new GossipRpc { Prune = [new GossipPrune("t", 1, [new GossipExchangedPeer(GossipIds.Peer(1), new byte[4])])] }, false).SetArgDisplayNames("+record");
    }

    [TestCaseSource(nameof(AtTheLimits))]
    public void EveryLimitHolds(GossipRpc rpc, bool fits)
    {
        byte[] encoded = GossipRpcCodec.Encode(rpc);
        ValidationResult result = GossipRpcCodec.TryDecode(encoded, Tight, out GossipRpc? read);
        Assert.That(result.Code, Is.EqualTo(fits ? ValidationCode.Ok : ValidationCode.TooLarge), result.Message);
        Assert.That(read is not null, Is.EqualTo(fits));
        Assert.That(GossipRpcCodec.TryDecode(encoded, new GossipLimits { MaxIdBytes = 100 }, out _).IsValid || !fits, Is.True);
    }

    [TestCase(2)]
    [TestCase(5)]
    public void ListsOfIdsAreCountedToo(int field)
    {
        byte[] empty = [(byte)((field << 3) | 2), 0];
        byte[] control = [.. Enumerable.Repeat(empty, 3).SelectMany(static list => list)];
        byte[] rpc = [0x1a, (byte)control.Length, .. control];
        Assert.That(GossipRpcCodec.TryDecode(rpc, Tight, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(GossipRpcCodec.TryDecode(rpc, Limits, out _).IsValid, Is.True);
    }

    [Test]
    public void MutatedRpcsNeverThrowAndWhatIsReadCanBeWrittenAgain()
    {
        string[] vectors = [Subscriptions, Unsigned, EmptyData, Signed, Control, SignedBySecp256k1, SignedByEd25519];
        Random mutations = new(7);
        int read = 0;
        for (int i = 0; i < 60_000; i++)
        {
            byte[] source = FrameMutation.Mutate(Convert.FromHexString(vectors[i % vectors.Length]), mutations);
            if (!GossipRpcCodec.TryDecode(source, Tight with { MaxIdBytes = 64 }, out GossipRpc? rpc).IsValid)
            {
                Assert.That(rpc, Is.Null);
                continue;
            }

            read++;
            byte[] canonical = GossipRpcCodec.Encode(rpc!);
            Assert.That(GossipRpcCodec.TryDecode(canonical, Limits, out GossipRpc? again).IsValid, Is.True);
            Assert.That(GossipRpcCodec.Encode(again!), Is.EqualTo(canonical));
        }

        Assert.That(read, Is.GreaterThan(1000), "mutations that only ever fail test little");
    }

    [Test]
    public void AnAnnouncedLengthAllocatesNothing()
    {
        // A message that claims 100 MB, a list of a million ids: the decoder reads no further than what is there.
        byte[] claims = [0x12, 0xff, 0xff, 0xff, 0x2f, 0x12, 0xff, 0xff, 0xff, 0x2f];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Assert.That(GossipRpcCodec.TryDecode(claims, Limits, out _).IsValid, Is.False);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
    }

    private static GossipMessageId Id(byte value) => new([value, value, value, value]);

    private static T[] Repeat<T>(T item, int count) => [.. Enumerable.Repeat(item, count)];

    private static GossipRpc Decode(string hex)
    {
        ValidationResult result = GossipRpcCodec.TryDecode(Convert.FromHexString(hex), Limits, out GossipRpc? rpc);
        Assert.That(result.IsValid, Is.True, result.Message);
        return rpc!;
    }

    private static void AssertEncodes(GossipRpc rpc, string hex)
    {
        Assert.That(Convert.ToHexStringLower(GossipRpcCodec.Encode(rpc)), Is.EqualTo(hex));
        byte[] delimited = GossipRpcCodec.EncodeDelimited(rpc);
        int prefix = Varint.TryRead(delimited, out ulong length);
        Assert.That((ulong)(delimited.Length - prefix), Is.EqualTo(length));
    }
}
