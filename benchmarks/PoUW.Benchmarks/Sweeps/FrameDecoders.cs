using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Signing;
using PoUW.Network.Chunks;
using PoUW.Network.Discovery;
using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identify;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Protobuf;
using PoUW.Network.Security;
using PublicKey = PoUW.Network.Identity.PublicKey;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>Every decoder of bytes that a peer sends (and of the stored address book), with valid samples.</summary>
internal static class FrameDecoders
{
    private const int MaxLineBytes = 1024;
    private const int MaxPayloadBytes = 16 * 1024 * 1024;

    private static readonly IdentityKey Key = IdentityKey.Generate(new SeededRandomSource(1, "frames"));
    private static readonly IdentityVerifier Verifier = IdentityVerifier.Create();
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/8.8.8.8/tcp/4001");
    private static readonly Multiaddr Named = Multiaddr.Parse($"/dns4/node.example.org/tcp/4001/p2p/{Key.Id}");
    private static readonly byte[] Record = PeerRecord.Seal(Key, 7, [Address, Named]);

    public static IReadOnlyList<FrameDecoder> All => [.. Basics(), .. Identity(), .. Protocols(), .. SyncFrameDecoders.All, .. StreamFrameDecoders.All];

    private static IEnumerable<FrameDecoder> Basics()
    {
        yield return new FrameDecoder("varint", [Number(1), Number(300), Number(long.MaxValue)], static bytes =>
            Varint.TryRead(bytes, out ulong value) > 0 ? Number(value) : null);
        yield return new FrameDecoder("multistream line", [MultistreamLine.Encode("/multistream/1.0.0"), MultistreamLine.Encode("na")], static bytes =>
            MultistreamLine.TryRead(bytes, MaxLineBytes, out string text) > 0 ? MultistreamLine.Encode(text) : null);
        yield return new FrameDecoder(
            "yamux header",
            [Header(YamuxFrameType.Data, YamuxFlags.Syn, 1, 100), Header(YamuxFrameType.WindowUpdate, YamuxFlags.Fin, 2, 0), Header(YamuxFrameType.Ping, YamuxFlags.Ack, 0, 9)],
            static bytes => YamuxFrameHeader.TryRead(bytes, MaxPayloadBytes, out YamuxFrameHeader header).IsValid
                ? Header(header.Type, header.Flags, header.StreamId, header.Length)
                : null);
        yield return new FrameDecoder("multiaddr", [Address.Bytes.ToArray(), Named.Bytes.ToArray(), Multiaddr.Memory("a").Bytes.ToArray()], static bytes =>
            Multiaddr.TryDecode(bytes, out Multiaddr? address).IsValid ? address!.Bytes.ToArray() : null);
        yield return new FrameDecoder("multiaddr as text", [Text(Address.ToString()), Text(Named.ToString()), Text("/ip6/2001:db8::1/tcp/1")], static bytes =>
            Multiaddr.TryParse(Encoding.Latin1.GetString(bytes), out Multiaddr? address).IsValid ? Text(address!.ToString()) : null);
        yield return new FrameDecoder("blob manifest", [BlobManifest.Describe(new byte[5000], 1024).Encode()], static bytes =>
            BlobManifest.TryDecode(bytes, 1 << 20, 1 << 30, out BlobManifest? manifest).IsValid ? manifest!.Encode() : null);
    }

    private static IEnumerable<FrameDecoder> Identity()
    {
        yield return new FrameDecoder("public key", [Key.PublicKey.Encode(), new PublicKey(KeyType.Rsa, new byte[300]).Encode()], static bytes =>
            PublicKey.TryDecode(bytes, out PublicKey? key).IsValid ? key!.Encode() : null);
        yield return new FrameDecoder("peer id", [Key.Id.Bytes.ToArray(), PeerId.Of(new PublicKey(KeyType.Rsa, new byte[300])).Bytes.ToArray()], static bytes =>
            PeerId.TryDecode(bytes, out PeerId id).IsValid ? id.Bytes.ToArray() : null);
        yield return new FrameDecoder("peer id as text", [Text(Key.Id.ToString())], static bytes =>
            PeerId.TryParse(Encoding.Latin1.GetString(bytes), out PeerId id).IsValid ? Text(id.ToString()) : null);
        yield return new FrameDecoder("signature in DER", [Key.Sign("frame"u8)], static bytes =>
        {
            byte[] compact = new byte[64];
            return EcdsaDer.TryDecode(bytes, compact) ? EcdsaDer.Encode(compact) : null;
        });
        yield return new FrameDecoder("subject key", [SubjectKeyInfo()], static bytes => SubjectKey.TryRead(bytes, out _).IsValid ? [] : null);
        yield return new FrameDecoder("certificate", [Certificate()], static bytes =>
            PeerCertificate.TryVerify(bytes, Now, Verifier, out _).IsValid ? [] : null);
        byte[] subject = SubjectKeyInfo();
        yield return new FrameDecoder("extension of a certificate", [PeerCertificate.CreateExtension(Key, subject)], bytes =>
            PeerCertificate.TryVerifyExtension(bytes, subject, Verifier, out _).IsValid ? [] : null);
        yield return new FrameDecoder("plaintext exchange", [PlaintextExchange.Encode(Key.PublicKey)], static bytes =>
            PlaintextExchange.TryDecode(bytes, out PublicKey? key).IsValid ? PlaintextExchange.Encode(key!) : null);
        yield return new FrameDecoder("signed envelope", [Record], static bytes =>
            SignedEnvelope.TryOpen(bytes, PeerRecord.Domain, PeerRecord.PayloadType, Verifier, out SignedEnvelope? envelope).IsValid ? envelope!.Encode() : null);
        yield return new FrameDecoder("peer record", [new PeerRecord(Key.Id, 7, [Address, Named]).Encode()], static bytes =>
            PeerRecord.TryDecode(bytes, out PeerRecord? record).IsValid ? record!.Encode() : null);
        IdentityBinding statement = new(Hash256.Sha256("n"u8), Key.PublicKey.Data.ToArray(), Key.Id.Bytes.ToArray(), 1, 2);
        yield return new FrameDecoder("stake binding", [new StakeBinding(statement, new byte[64]).Encode()], static bytes =>
            StakeBinding.TryDecode(bytes, out StakeBinding? binding).IsValid ? binding!.Encode() : null);
    }

    private static IEnumerable<FrameDecoder> Protocols()
    {
        IdentifyMessage identify = new()
        {
            Key = Key.PublicKey,
            Addresses = [Address, Named],
            Protocols = ["/ipfs/ping/1.0.0", "/meshsub/1.2.0"],
            ObservedAddress = Address,
            ProtocolVersion = "pouw/1",
            Agent = "pouw/0.1",
            SignedPeerRecord = Record,
        };
        yield return new FrameDecoder("identify", [identify.Encode()], static bytes =>
            IdentifyMessage.TryDecode(bytes, new IdentifyOptions(), out IdentifyMessage? message).IsValid ? message!.Encode() : null);
        yield return new FrameDecoder("hello", [new HelloMessage(1, Hash256.Sha256("n"u8), "pouw/0.1", new byte[40]).Encode()], static bytes =>
            HelloMessage.TryDecode(bytes, out HelloMessage? message).IsValid ? message!.Encode() : null);
        yield return new FrameDecoder("gossip RPC", [GossipRpcCodec.Encode(Rpc())], static bytes =>
            GossipRpcCodec.TryDecode(bytes, new GossipLimits(), out GossipRpc? rpc).IsValid ? GossipRpcCodec.Encode(rpc!) : null);
        yield return new FrameDecoder("rendezvous", [.. Rendezvous().Select(RendezvousCodec.Encode)], static bytes =>
            RendezvousCodec.TryDecode(bytes, out RendezvousMessage? message).IsValid ? RendezvousCodec.Encode(message!) : null);
        KnownPeer known = new(Key.Id, [new KnownAddress(Address, AddressSource.SignedRecord, 9, 8, 7, 6), new KnownAddress(Named, AddressSource.Identify, 9)], Record, 7, "8.8");
        yield return new FrameDecoder("address book", [AddressBookCodec.Encode(known)], static bytes =>
            AddressBookCodec.TryDecode(bytes, out KnownPeer? peer).IsValid ? AddressBookCodec.Encode(peer!) : null);
    }

    private static GossipRpc Rpc() => new()
    {
        Subscriptions = [new GossipSubscription("blocks", true), new GossipSubscription("votes", false)],
        Messages = [new GossipMessage("blocks", new byte[50]), new GossipMessage("votes", new byte[5], Key.Id.Bytes.ToArray(), new byte[8], new byte[70])],
        IHave = [new GossipIHave("blocks", [new GossipMessageId(new byte[32])])],
        IWant = [new GossipMessageId(new byte[32]), new GossipMessageId(new byte[20])],
        Graft = ["blocks"],
        Prune = [new GossipPrune("votes", 60, [new GossipExchangedPeer(Key.Id, Record)])],
        IDontWant = [new GossipMessageId(new byte[32])],
    };

    private static IEnumerable<RendezvousMessage> Rendezvous()
    {
        RendezvousRegistration registration = new("pouw", Record, 7200);
        yield return new RendezvousMessage { Type = RendezvousMessageType.Register, Registrations = [registration] };
        yield return new RendezvousMessage { Type = RendezvousMessageType.RegisterResponse, Status = RendezvousStatus.InvalidTtl, StatusText = "no" };
        yield return new RendezvousMessage { Type = RendezvousMessageType.Unregister, Namespace = "pouw" };
        yield return new RendezvousMessage { Type = RendezvousMessageType.Discover, Namespace = "pouw", Limit = 9, Cookie = new byte[24] };
        yield return new RendezvousMessage { Type = RendezvousMessageType.DiscoverResponse, Registrations = [registration, registration], Cookie = new byte[24] };
    }

    private static byte[] Number(ulong value)
    {
        byte[] bytes = new byte[Varint.LengthOf(value)];
        Varint.Write(bytes, value);
        return bytes;
    }

    private static byte[] Header(YamuxFrameType type, YamuxFlags flags, uint stream, uint length)
    {
        byte[] bytes = new byte[YamuxFrameHeader.Size];
        new YamuxFrameHeader(type, flags, stream, length).Write(bytes);
        return bytes;
    }

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] SubjectKeyInfo()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportSubjectPublicKeyInfo();
    }

    private static byte[] Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("O=libp2p.io", key, HashAlgorithmName.SHA256);
        byte[] extension = PeerCertificate.CreateExtension(Key, key.ExportSubjectPublicKeyInfo());
        request.CertificateExtensions.Add(new X509Extension(PeerCertificate.ExtensionId, extension, critical: false));
        using X509Certificate2 certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        return certificate.RawData;
    }
}
