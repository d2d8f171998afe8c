using PoUW.Core.Validation;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>
/// The protobuf encoding of messages, without the length that stands before each on a stream (libp2p specification, rendezvous). Every
/// size is checked before anything is copied.
/// </summary>
public static class RendezvousCodec
{
    /// <summary>The longest message that is read.</summary>
    public const int MaxMessageBytes = 512 * 1024;

    /// <summary>The longest namespace, in UTF-8.</summary>
    public const int MaxNamespaceBytes = 255;

    /// <summary>The longest signed record.</summary>
    public const int MaxRecordBytes = 4096;

    /// <summary>The longest cookie.</summary>
    public const int MaxCookieBytes = 64;

    /// <summary>The longest text of a status.</summary>
    public const int MaxStatusTextBytes = 256;

    /// <summary>The most registrations of a response.</summary>
    public const int MaxRegistrations = 100;

    private const int MaxFields = 8;

    /// <summary>Encodes a message.</summary>
    public static byte[] Encode(RendezvousMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        ProtoWriter writer = new();
        writer.WriteVarint(1, (ulong)message.Type);
        writer.WriteBytes((int)message.Type + 2, EncodeBody(message).Span);
        return writer.ToArray();
    }

    /// <summary>Reads a message. Never throws.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out RendezvousMessage? message)
    {
        message = null;
        if (encoded.Length > MaxMessageBytes)
        {
            return TooLarge(nameof(RendezvousMessage), encoded.Length, MaxMessageBytes);
        }

        ProtoReader reader = new(encoded, MaxFields);
        ulong? type = null;
        ReadOnlySpan<byte> body = default;
        int bodyField = 0;
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                type = reader.Varint;
            }
            else if (reader.Field <= 6 && reader.IsBytes)
            {
                body = reader.Bytes;
                bodyField = reader.Field;
            }
        }

        // Protobuf leaves numbers that are 0 out, and 0 is the number of Register.
        bool isWhole = !reader.IsMalformed && (type ?? 0) <= (ulong)RendezvousMessageType.DiscoverResponse && bodyField == (int)(type ?? 0) + 2;
        return isWhole
            ? TryDecodeBody((RendezvousMessageType)(type ?? 0), body, out message)
            : ValidationResult.Fail(ValidationCode.Malformed, nameof(RendezvousMessage), "A message has a known type and the body of that type.");
    }

    private static ReadOnlyMemory<byte> EncodeBody(RendezvousMessage message)
    {
        ProtoWriter writer = new();
        switch (message.Type)
        {
            case RendezvousMessageType.Register:
                return Encode(message.Registrations[0]);
            case RendezvousMessageType.RegisterResponse:
                WriteStatus(writer, 1, message);
                WriteNumber(writer, 3, message.TtlSeconds);
                break;
            case RendezvousMessageType.Unregister:
                writer.WriteString(1, message.Namespace);
                break;
            case RendezvousMessageType.Discover:
                writer.WriteString(1, message.Namespace);
                WriteNumber(writer, 2, message.Limit);
                WriteBytes(writer, 3, message.Cookie.Span);
                break;
            default:
                foreach (RendezvousRegistration registration in message.Registrations)
                {
                    writer.WriteBytes(1, Encode(registration).Span);
                }

                WriteBytes(writer, 2, message.Cookie.Span);
                WriteStatus(writer, 3, message);
                break;
        }

        return writer.Written;
    }

    private static ReadOnlyMemory<byte> Encode(RendezvousRegistration registration)
    {
        ProtoWriter writer = new();
        writer.WriteString(1, registration.Namespace);
        WriteBytes(writer, 2, registration.SignedPeerRecord.Span);
        if (registration.TtlSeconds is { } ttl)
        {
            writer.WriteVarint(3, ttl);
        }

        return writer.Written;
    }

    private static void WriteStatus(ProtoWriter writer, int field, RendezvousMessage message)
    {
        writer.WriteVarint(field, (ulong)message.Status);
        if (message.StatusText.Length > 0)
        {
            writer.WriteString(field + 1, message.StatusText);
        }
    }

    private static void WriteNumber(ProtoWriter writer, int field, ulong value)
    {
        if (value > 0)
        {
            writer.WriteVarint(field, value);
        }
    }

    private static void WriteBytes(ProtoWriter writer, int field, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            writer.WriteBytes(field, value);
        }
    }

    private static ValidationResult TryDecodeBody(RendezvousMessageType type, ReadOnlySpan<byte> body, out RendezvousMessage? message)
    {
        message = null;
        RendezvousMessage draft = new() { Type = type };
        ValidationResult result = type switch
        {
            RendezvousMessageType.Register => ReadRegister(body, ref draft),
            RendezvousMessageType.RegisterResponse => ReadRegisterResponse(body, ref draft),
            RendezvousMessageType.Unregister or RendezvousMessageType.Discover => ReadQuestion(body, ref draft),
            _ => ReadDiscoverResponse(body, ref draft),
        };
        message = result.IsValid ? draft : null;
        return result;
    }

    private static ValidationResult ReadRegister(ReadOnlySpan<byte> body, ref RendezvousMessage draft)
    {
        ValidationResult result = TryDecodeRegistration(body, out RendezvousRegistration? registration);
        draft = draft with { Registrations = registration is null ? [] : [registration] };
        return result;
    }

    private static ValidationResult TryDecodeRegistration(ReadOnlySpan<byte> encoded, out RendezvousRegistration? registration)
    {
        registration = null;
        (string name, byte[] record, ulong? ttl) = ("", [], null);
        ProtoReader reader = new(encoded, MaxFields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when reader.Bytes.Length > MaxNamespaceBytes:
                    return TooLarge(nameof(RendezvousRegistration.Namespace), reader.Bytes.Length, MaxNamespaceBytes);
                case 1:
                    name = reader.ReadString();
                    break;
                case 2 when reader.Bytes.Length > MaxRecordBytes:
                    return TooLarge(nameof(RendezvousRegistration.SignedPeerRecord), reader.Bytes.Length, MaxRecordBytes);
                case 2:
                    record = reader.Bytes.ToArray();
                    break;
                case 3:
                    ttl = reader.Varint;
                    break;
                default:
                    break;
            }
        }

        registration = reader.IsMalformed ? null : new RendezvousRegistration(name, record, ttl);
        return registration is null ? Malformed(nameof(RendezvousRegistration)) : ValidationResult.Ok;
    }

    private static ValidationResult ReadRegisterResponse(ReadOnlySpan<byte> body, ref RendezvousMessage draft)
    {
        ProtoReader reader = new(body, MaxFields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    draft = draft with { Status = StatusOf(reader.Varint) };
                    break;
                case 2 when reader.Bytes.Length > MaxStatusTextBytes:
                    return TooLarge(nameof(RendezvousMessage.StatusText), reader.Bytes.Length, MaxStatusTextBytes);
                case 2:
                    draft = draft with { StatusText = reader.ReadString() };
                    break;
                case 3:
                    draft = draft with { TtlSeconds = reader.Varint };
                    break;
                default:
                    break;
            }
        }

        return reader.IsMalformed ? Malformed(nameof(RendezvousMessageType.RegisterResponse)) : ValidationResult.Ok;
    }

    private static ValidationResult ReadQuestion(ReadOnlySpan<byte> body, ref RendezvousMessage draft)
    {
        bool isDiscover = draft.Type == RendezvousMessageType.Discover;
        ProtoReader reader = new(body, MaxFields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when reader.Bytes.Length > MaxNamespaceBytes:
                    return TooLarge(nameof(RendezvousMessage.Namespace), reader.Bytes.Length, MaxNamespaceBytes);
                case 1:
                    draft = draft with { Namespace = reader.ReadString() };
                    break;
                case 2 when isDiscover:
                    draft = draft with { Limit = reader.Varint };
                    break;
                case 3 when isDiscover && reader.Bytes.Length > MaxCookieBytes:
                    return TooLarge(nameof(RendezvousMessage.Cookie), reader.Bytes.Length, MaxCookieBytes);
                case 3 when isDiscover:
                    draft = draft with { Cookie = reader.Bytes.ToArray() };
                    break;
                default:
                    break;
            }
        }

        return reader.IsMalformed ? Malformed(draft.Type.ToString()) : ValidationResult.Ok;
    }

    private static ValidationResult ReadDiscoverResponse(ReadOnlySpan<byte> body, ref RendezvousMessage draft)
    {
        List<RendezvousRegistration> registrations = [];
        ProtoReader reader = new(body, MaxRegistrations + MaxFields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when registrations.Count == MaxRegistrations:
                    return TooLarge(nameof(RendezvousMessage.Registrations), registrations.Count + 1, MaxRegistrations);
                case 1:
                    ValidationResult result = TryDecodeRegistration(reader.Bytes, out RendezvousRegistration? registration);
                    if (registration is null)
                    {
                        return result;
                    }

                    registrations.Add(registration);
                    break;
                case 2 when reader.Bytes.Length > MaxCookieBytes:
                    return TooLarge(nameof(RendezvousMessage.Cookie), reader.Bytes.Length, MaxCookieBytes);
                case 2:
                    draft = draft with { Cookie = reader.Bytes.ToArray() };
                    break;
                case 3:
                    draft = draft with { Status = StatusOf(reader.Varint) };
                    break;
                case 4 when reader.Bytes.Length > MaxStatusTextBytes:
                    return TooLarge(nameof(RendezvousMessage.StatusText), reader.Bytes.Length, MaxStatusTextBytes);
                case 4:
                    draft = draft with { StatusText = reader.ReadString() };
                    break;
                default:
                    break;
            }
        }

        draft = draft with { Registrations = registrations };
        return reader.IsMalformed ? Malformed(nameof(RendezvousMessageType.DiscoverResponse)) : ValidationResult.Ok;
    }

    private static RendezvousStatus StatusOf(ulong number) =>
        number <= int.MaxValue && Enum.IsDefined((RendezvousStatus)number) ? (RendezvousStatus)number : RendezvousStatus.InternalError;

    private static ValidationResult TooLarge(string field, int found, int allowed) =>
        ValidationResult.Fail(ValidationCode.TooLarge, field, $"{found}; at most {allowed}.");

    private static ValidationResult Malformed(string field) => ValidationResult.Fail(ValidationCode.Malformed, field, "Not a message of this type.");
}
