using PoUW.Core.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Protobuf;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Identity;

[TestFixture]
internal sealed class PeerRecordTests
{
    // Sealed by @libp2p/peer-record 9 with the seed 07 07 ... and with the private key of the peer-ids specification.
    private const string JsEd25519 =
        "0a2408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c120203011a690a26002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c10bdaadeec051a0a0a0804c000020006002a1a190a172920010db8000000000000000000000001910201bbcd031a120a10360b6578616d706c652e6f7267060fa12a406282037fe74100f3a692e097490891664139ab27883a8e338a0159b3fdbb5148a01d07735e5b18773f5347f491ee568c40886cae51f7240897efa5dea07b610f";

    private const string JsSecp256k1 =
        "0a2508021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99120203011a6a0a27002508021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca9910bdaadeec051a0a0a0804c000020006002a1a190a172920010db8000000000000000000000001910201bbcd031a120a10360b6578616d706c652e6f7267060fa12a463044022011dd1441009037870292002038a17aaac8aa997f6c957a2a0c88df058a9efecc022034f4a61a5bd2a3ccdda3f16ead72f0a58d886745ad9e9b10f23f94edd13b1100";

    private const ulong JsSequence = 1570215229;

    private static readonly IdentityVerifier Verifier = IdentityVerifier.Create();

    private static readonly IdentityKey Key = IdentityKey.Generate(new SeededRandomSource(1, "record"));

    private static readonly Multiaddr[] JsAddresses =
    [
        Multiaddr.Parse("/ip4/192.0.2.0/tcp/42"), Multiaddr.Parse("/ip6/2001:db8::1/udp/443/quic-v1"), Multiaddr.Parse("/dns4/example.org/tcp/4001"),
    ];

    [TestCase(JsEd25519, "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7")]
    [TestCase(JsSecp256k1, "16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY")]
    public void Records_of_js_libp2p_are_opened(string hex, string id)
    {
        Assume.That(id[0] == '1' && id[1] == '2' && !Verifier.CanVerify(KeyType.Ed25519), Is.False, "no Ed25519 here");
        ValidationResult result = PeerRecord.TryOpen(Convert.FromHexString(hex), Verifier, out PeerRecord? record);
        Assert.That(result.IsValid, Is.True, result.ToString());
        Assert.Multiple(() =>
        {
            Assert.That((record!.Peer.ToString(), record.Sequence), Is.EqualTo((id, JsSequence)));
            Assert.That(record.Addresses, Is.EqualTo(JsAddresses));
        });
    }

    [Test]
    public void A_record_of_the_same_key_is_that_of_js_libp2p_to_the_byte()
    {
        // libsecp256k1 and js-libp2p draw the nonce by RFC 6979 both; the platform does not.
        NativeSecp256k1Scheme.TryCreate(out NativeSecp256k1Scheme? native);
        using IdentityKey key = IdentityKey.FromPrivateKey(Convert.FromHexString(KeyVectors.Secp256k1Private), native);
        string own = Convert.ToHexStringLower(PeerRecord.Seal(key, JsSequence, JsAddresses));
        Assert.That(native is null ? own[..^150] : own, Is.EqualTo(native is null ? JsSecp256k1[..^150] : JsSecp256k1));
    }

    [Test]
    public void A_ownrecord_is_opened()
    {
        foreach (Multiaddr[] addresses in (Multiaddr[][])[[], JsAddresses, [.. Enumerable.Repeat(JsAddresses[0], PeerRecord.MaxAddresses)]])
        {
            Assert.That(PeerRecord.TryOpen(PeerRecord.Seal(Key, 0, addresses), Verifier, out PeerRecord? record).IsValid, Is.True);
            Assert.That((record!.Peer, record.Sequence), Is.EqualTo((Key.Id, 0ul)));
            Assert.That(record.Addresses, Is.EqualTo(addresses));
        }
    }

    [Test]
    public void A_record_of_another_peer_is_refused_whoever_signs_it()
    {
        IdentityKey thief = IdentityKey.Generate(new SeededRandomSource(2, "record"));
        byte[] victims = new PeerRecord(Key.Id, 99, JsAddresses).Encode();
        byte[] envelope = SignedEnvelope.Seal(thief, PeerRecord.Domain, PeerRecord.PayloadType, victims).Encode();
        ValidationResult result = PeerRecord.TryOpen(envelope, Verifier, out PeerRecord? record);
        Assert.That((result.Code, record), Is.EqualTo((ValidationCode.NotAllowed, (PeerRecord?)null)));
        byte[] otherDomain = SignedEnvelope.Seal(Key, "libp2p-relay-rsvp", PeerRecord.PayloadType, victims).Encode();
        Assert.That(PeerRecord.TryOpen(otherDomain, Verifier, out _).Code, Is.EqualTo(ValidationCode.BadSignature));
    }

    [Test]
    public void Wrong_records_are_refused()
    {
        byte[] id = Key.Id.Bytes.ToArray();
        byte[][] tooMany = [.. Enumerable.Repeat(JsAddresses[0].Bytes.ToArray(), PeerRecord.MaxAddresses + 1)];
        Assert.Multiple(() =>
        {
            Expect(Write(id, JsAddresses[0].Bytes.ToArray()), ValidationCode.Ok, "as it should be");
            Expect([], ValidationCode.Malformed, "nothing");
            Expect(Write([]), ValidationCode.Malformed, "no peer");
            Expect(Write([1, 2, 3]), ValidationCode.Malformed, "a peer that is none");
            Expect(Write(id, tooMany), ValidationCode.TooLarge, "too many addresses");
            Expect([.. Write(id), 0x1a, 2, 0x0a, 9], ValidationCode.Malformed, "an address that is no message");
            Expect([.. Write(id), 0x0f], ValidationCode.Malformed, "a wire type that does not exist");
            Expect(new byte[PeerRecord.MaxBytes + 1], ValidationCode.TooLarge, "too long");
        });
    }

    [Test]
    public void Addresses_that_are_not_known_here_are_left_out()
    {
        byte[] known = JsAddresses[0].Bytes.ToArray();
        Assert.That(PeerRecord.TryDecode(Write(Key.Id.Bytes.ToArray(), [0xff, 0xff, 0x03, 1], known, []), out PeerRecord? record).IsValid, Is.True);
        Assert.That(record!.Addresses, Is.EqualTo(JsAddresses[..1]));
    }

    [Test]
    public void What_would_be_refused_is_not_sealed()
    {
        Multiaddr[] tooMany = [.. Enumerable.Repeat(JsAddresses[0], PeerRecord.MaxAddresses + 1)];
        Assert.That(() => PeerRecord.Seal(Key, 1, tooMany), Throws.ArgumentException);
    }

    [Test]
    public void Mutated_records_never_break_the_decoder()
    {
        Random mutations = new(8);
        byte[] valid = new PeerRecord(Key.Id, 7, JsAddresses).Encode();
        for (int i = 0; i < 50_000; i++)
        {
            if (PeerRecord.TryDecode(FrameMutation.Mutate(valid, mutations), out PeerRecord? record).IsValid)
            {
                Assert.That(record!.Addresses, Has.Count.LessThanOrEqualTo(PeerRecord.MaxAddresses));
            }
        }
    }

    private static void Expect(byte[] encoded, ValidationCode code, string name)
    {
        ValidationResult result = PeerRecord.TryDecode(encoded, out PeerRecord? record);
        Assert.That((result.Code, record is not null), Is.EqualTo((code, code == ValidationCode.Ok)), $"{name}: {result}");
    }

    private static byte[] Write(byte[] id, params byte[][] addresses)
    {
        ProtoWriter writer = new();
        writer.WriteBytes(1, id);
        writer.WriteVarint(2, 5);
        foreach (byte[] address in addresses)
        {
            ProtoWriter info = new();
            info.WriteBytes(1, address);
            writer.WriteBytes(3, info.Written.Span);
        }

        return writer.ToArray();
    }
}
