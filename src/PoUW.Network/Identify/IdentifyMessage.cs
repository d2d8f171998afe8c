using System.Text;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Identify;

/// <summary>
/// What a peer tells about itself (libp2p specification, identify). Immutable. Everything in it is a claim of the peer. Addresses and protocols
/// that this package cannot read are left out: peers speak more than it knows.
/// </summary>
public sealed record IdentifyMessage
{
    /// <summary>The longest text of <see cref="Agent"/> and <see cref="ProtocolVersion"/> that is kept.</summary>
    public const int MaxTextLength = 128;

    private const int KeyField = 1;
    private const int AddressField = 2;
    private const int ProtocolField = 3;
    private const int ObservedField = 4;
    private const int VersionField = 5;
    private const int AgentField = 6;
    private const int RecordField = 8;
    private const int OtherFields = 16;

    /// <summary>The key of the peer, or null if it tells none.</summary>
    public PublicKey? Key { get; init; }

    /// <summary>Where it says that it listens.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get; init; } = [];

    /// <summary>What it says that it speaks.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>The address under which it sees the other side, or null.</summary>
    public Multiaddr? ObservedAddress { get; init; }

    /// <summary>The family of protocols it belongs to.</summary>
    public string ProtocolVersion { get; init; } = "";

    /// <summary>Its software.</summary>
    public string Agent { get; init; } = "";

    /// <summary>A signed envelope with its peer record; empty if it sends none. Whoever decodes a message has to check it.</summary>
    public ReadOnlyMemory<byte> SignedPeerRecord { get; init; }

    /// <summary>The protobuf encoding, without a length.</summary>
    public byte[] Encode()
    {
        ProtoWriter writer = new();
        if (Key is not null)
        {
            writer.WriteBytes(KeyField, Key.Encode());
        }

        foreach (Multiaddr address in Addresses)
        {
            writer.WriteBytes(AddressField, address.Bytes);
        }

        foreach (string protocol in Protocols)
        {
            writer.WriteString(ProtocolField, protocol);
        }

        if (ObservedAddress is not null)
        {
            writer.WriteBytes(ObservedField, ObservedAddress.Bytes);
        }

        writer.WriteString(VersionField, ProtocolVersion);
        writer.WriteString(AgentField, Agent);
        if (!SignedPeerRecord.IsEmpty)
        {
            writer.WriteBytes(RecordField, SignedPeerRecord.Span);
        }

        return writer.ToArray();
    }

    /// <summary>Reads a peer's message; several messages of one exchange, one after the other, are one message. Never throws.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, IdentifyOptions options, out IdentifyMessage? message)
    {
        message = null;
        if (encoded.Length > options.MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(IdentifyMessage), $"{encoded.Length} bytes; at most {options.MaxBytes}.");
        }

        Draft draft = new(options);
        ProtoReader reader = new(encoded, options.MaxAddresses + options.MaxProtocols + OtherFields);
        while (draft.Problem.IsValid && reader.Next())
        {
            draft.Take(reader);
        }

        if (!draft.Problem.IsValid)
        {
            return draft.Problem;
        }

        if (reader.IsMalformed)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(IdentifyMessage), "Not a message, or too many fields.");
        }

        message = draft.ToMessage();
        return ValidationResult.Ok;
    }

    /// <summary>Text of a peer as logs may show it: printable ASCII, not much of it.</summary>
    private static string Printable(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> kept = text[..Math.Min(text.Length, MaxTextLength)];
        return string.Create(kept.Length, kept, static (target, source) =>
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = source[i] is >= (byte)' ' and <= (byte)'~' ? (char)source[i] : '?';
            }
        });
    }

    /// <summary>A message of which some fields were read.</summary>
    private sealed class Draft(IdentifyOptions options)
    {
        private readonly List<Multiaddr> _addresses = [];
        private readonly List<string> _protocols = [];
        private PublicKey? _key;
        private Multiaddr? _observed;
        private string _version = "";
        private string _agent = "";
        private byte[] _record = [];

        public ValidationResult Problem { get; private set; } = ValidationResult.Ok;

        public void Take(in ProtoReader reader)
        {
            if (!reader.IsBytes)
            {
                return;
            }

            switch (reader.Field)
            {
                case KeyField:
                    Problem = PublicKey.TryDecode(reader.Bytes, out _key);
                    break;
                case AddressField:
                    TakeAddress(reader.Bytes);
                    break;
                case ProtocolField:
                    TakeProtocol(reader.Bytes);
                    break;
                case ObservedField:
                    Multiaddr.TryDecode(reader.Bytes, out _observed);
                    break;
                case VersionField:
                    _version = Printable(reader.Bytes);
                    break;
                case AgentField:
                    _agent = Printable(reader.Bytes);
                    break;
                case RecordField:
                    _record = reader.Bytes.ToArray();
                    break;
                default:
                    break;
            }
        }

        public IdentifyMessage ToMessage() => new()
        {
            Key = _key,
            Addresses = _addresses,
            Protocols = _protocols,
            ObservedAddress = _observed,
            ProtocolVersion = _version,
            Agent = _agent,
            SignedPeerRecord = _record,
        };

        private void TakeAddress(ReadOnlySpan<byte> bytes)
        {
            if (_addresses.Count == options.MaxAddresses)
            {
                Problem = TooMany(nameof(Addresses), options.MaxAddresses);
            }
            else if (Multiaddr.TryDecode(bytes, out Multiaddr? address).IsValid)
            {
                _addresses.Add(address!);
            }
        }

        private void TakeProtocol(ReadOnlySpan<byte> bytes)
        {
            if (_protocols.Count == options.MaxProtocols)
            {
                Problem = TooMany(nameof(Protocols), options.MaxProtocols);
            }
            else if (bytes.Length > 0 && bytes.Length <= options.MaxProtocolLength && !bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            {
                _protocols.Add(Encoding.ASCII.GetString(bytes));
            }
        }

        private static ValidationResult TooMany(string field, int limit) =>
            ValidationResult.Fail(ValidationCode.TooLarge, field, $"More than {limit}.");
    }
}
