using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Gossip;

/// <summary>Reads one RPC. Every count, over all parts of the RPC, and every length is checked before what it stands for is allocated.</summary>
internal ref struct GossipRpcReader
{
    // Beside the counted parts a message may have fields that this version does not know.
    private const int UnknownFields = 64;

    private readonly GossipLimits _limits;
    private readonly List<GossipSubscription> _subscriptions = [];
    private readonly List<GossipMessage> _messages = [];
    private readonly List<GossipIHave> _have = [];
    private readonly List<GossipMessageId> _want = [];
    private readonly List<string> _graft = [];
    private readonly List<GossipPrune> _prune = [];
    private readonly List<GossipMessageId> _dontWant = [];
    private int _ids;
    private int _wantLists;
    private int _dontWantLists;
    private ValidationResult _failure = ValidationResult.Ok;

    private GossipRpcReader(GossipLimits limits) => _limits = limits;

    public static ValidationResult TryRead(ReadOnlySpan<byte> encoded, GossipLimits limits, out GossipRpc? rpc)
    {
        rpc = null;
        if (encoded.Length > limits.MaxRpcBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(GossipRpc), $"{encoded.Length} bytes; at most {limits.MaxRpcBytes}.");
        }

        GossipRpcReader reader = new(limits);
        if (reader.ReadRpc(encoded))
        {
            rpc = reader.Result();
        }

        return reader._failure;
    }

    private readonly GossipRpc Result() => new()
    {
        Subscriptions = _subscriptions,
        Messages = _messages,
        IHave = _have,
        IWant = _want,
        Graft = _graft,
        Prune = _prune,
        IDontWant = _dontWant,
    };

    private bool ReadRpc(ReadOnlySpan<byte> encoded)
    {
        ProtoReader reader = new(encoded, _limits.MaxSubscriptionsPerRpc + _limits.MaxMessagesPerRpc + UnknownFields);
        while (reader.Next())
        {
            bool isGood = (reader.Field, reader.IsBytes) switch
            {
                (1, true) => ReadSubscription(reader.Bytes),
                (2, true) => ReadMessage(reader.Bytes),
                (3, true) => ReadControl(reader.Bytes),
                (1 or 2 or 3, false) => Malformed(nameof(GossipRpc)),
                _ => true,
            };
            if (!isGood)
            {
                return false;
            }
        }

        return !reader.IsMalformed || Malformed(nameof(GossipRpc));
    }

    private bool ReadSubscription(ReadOnlySpan<byte> encoded)
    {
        if (_subscriptions.Count == _limits.MaxSubscriptionsPerRpc)
        {
            return TooMany(nameof(GossipRpc.Subscriptions), _limits.MaxSubscriptionsPerRpc);
        }

        bool isSubscribed = false;
        string? topic = null;
        ProtoReader reader = new(encoded, UnknownFields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    isSubscribed = reader.Varint != 0;
                    break;
                case 2 when !TryReadTopic(ref reader, out topic):
                    return false;
                default:
                    break;
            }
        }

        if (reader.IsMalformed || topic is null)
        {
            return Malformed(nameof(GossipRpc.Subscriptions));
        }

        _subscriptions.Add(new GossipSubscription(topic, isSubscribed));
        return true;
    }

    private bool ReadMessage(ReadOnlySpan<byte> encoded)
    {
        if (_messages.Count == _limits.MaxMessagesPerRpc)
        {
            return TooMany(nameof(GossipRpc.Messages), _limits.MaxMessagesPerRpc);
        }

        string? topic = null;
        ReadOnlySpan<byte> data = default;
        byte[]? author = null, sequence = null, signature = null, key = null;
        ProtoReader reader = new(encoded, UnknownFields);
        while (reader.Next())
        {
            if (reader.Field <= 6 && !reader.IsBytes)
            {
                return Malformed(nameof(GossipRpc.Messages));
            }

            switch (reader.Field)
            {
                case 1 when !TryReadSmall(reader.Bytes, PeerId.MaxBytes, out author):
                case 3 when !TryReadSmall(reader.Bytes, SequenceBytes, out sequence):
                case 4 when !TryReadTopic(ref reader, out topic):
                case 5 when !TryReadSmall(reader.Bytes, MaxSignatureBytes, out signature):
                case 6 when !TryReadSmall(reader.Bytes, PublicKey.MaxEncodedBytes, out key):
                    return false;
                case 2:
                    data = reader.Bytes;
                    break;
                default:
                    break;
            }
        }

        if (reader.IsMalformed || topic is null)
        {
            return Malformed(nameof(GossipRpc.Messages));
        }

        _messages.Add(new GossipMessage(topic, data, author, sequence, signature, key));
        return true;
    }

    private const int SequenceBytes = 8;
    private const int MaxSignatureBytes = 1024;

    private bool ReadControl(ReadOnlySpan<byte> encoded)
    {
        ProtoReader reader = new(encoded, (5 * _limits.MaxControlPerRpc) + UnknownFields);
        while (reader.Next())
        {
            if (reader.Field <= 5 && !reader.IsBytes)
            {
                return Malformed("Control");
            }

            bool isGood = reader.Field switch
            {
                1 => ReadIHave(reader.Bytes),
                2 => ++_wantLists <= _limits.MaxControlPerRpc
                    ? ReadIds(reader.Bytes, 1, _want) : TooMany(nameof(GossipRpc.IWant), _limits.MaxControlPerRpc),
                3 => ReadGraft(reader.Bytes),
                4 => ReadPrune(reader.Bytes),
                5 => ++_dontWantLists <= _limits.MaxControlPerRpc
                    ? ReadIds(reader.Bytes, 1, _dontWant) : TooMany(nameof(GossipRpc.IDontWant), _limits.MaxControlPerRpc),
                _ => true,
            };
            if (!isGood)
            {
                return false;
            }
        }

        return !reader.IsMalformed || Malformed("Control");
    }

    private bool ReadIHave(ReadOnlySpan<byte> encoded)
    {
        if (_have.Count == _limits.MaxControlPerRpc)
        {
            return TooMany(nameof(GossipRpc.IHave), _limits.MaxControlPerRpc);
        }

        if (!TryReadTopicField(encoded, nameof(GossipRpc.IHave), out string topic))
        {
            return false;
        }

        List<GossipMessageId> ids = [];
        _have.Add(new GossipIHave(topic, ids));
        return ReadIds(encoded, 2, ids);
    }

    private bool ReadGraft(ReadOnlySpan<byte> encoded)
    {
        if (_graft.Count == _limits.MaxControlPerRpc)
        {
            return TooMany(nameof(GossipRpc.Graft), _limits.MaxControlPerRpc);
        }

        bool isGood = TryReadTopicField(encoded, nameof(GossipRpc.Graft), out string topic);
        _graft.Add(topic);
        return isGood;
    }

    private bool ReadPrune(ReadOnlySpan<byte> encoded)
    {
        if (_prune.Count == _limits.MaxControlPerRpc)
        {
            return TooMany(nameof(GossipRpc.Prune), _limits.MaxControlPerRpc);
        }

        if (!TryReadTopicField(encoded, nameof(GossipRpc.Prune), out string topic))
        {
            return false;
        }

        List<GossipExchangedPeer> peers = [];
        ulong backoff = 0;
        ProtoReader reader = new(encoded, _limits.MaxExchangedPeers + UnknownFields);
        while (reader.Next())
        {
            if (reader.Field == 3)
            {
                backoff = reader.Varint;
            }
            else if (reader.Field == 2 && !ReadExchanged(reader.Bytes, peers))
            {
                return false;
            }
        }

        _prune.Add(new GossipPrune(topic, backoff, peers));
        return !reader.IsMalformed || Malformed(nameof(GossipRpc.Prune));
    }

    private bool ReadExchanged(ReadOnlySpan<byte> encoded, List<GossipExchangedPeer> peers)
    {
        if (peers.Count == _limits.MaxExchangedPeers)
        {
            return TooMany(nameof(GossipPrune.Peers), _limits.MaxExchangedPeers);
        }

        PeerId id = default;
        byte[]? record = null;
        ProtoReader reader = new(encoded, UnknownFields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when !PeerId.TryDecode(reader.Bytes, out id).IsValid:
                    return Malformed(nameof(GossipExchangedPeer.Peer));
                case 2 when !TryReadSmall(reader.Bytes, _limits.MaxPeerRecordBytes, out record):
                    return false;
                default:
                    break;
            }
        }

        if (reader.IsMalformed || id.IsNone)
        {
            return Malformed(nameof(GossipPrune.Peers));
        }

        peers.Add(new GossipExchangedPeer(id, record));
        return true;
    }

    private bool ReadIds(ReadOnlySpan<byte> encoded, int field, List<GossipMessageId> ids)
    {
        ProtoReader reader = new(encoded, _limits.MaxIdsPerRpc + UnknownFields);
        while (reader.Next())
        {
            if (reader.Field != field)
            {
                continue;
            }

            if (++_ids > _limits.MaxIdsPerRpc)
            {
                return TooMany("Ids", _limits.MaxIdsPerRpc);
            }

            if (!reader.IsBytes || reader.Bytes.Length == 0 || reader.Bytes.Length > _limits.MaxIdBytes)
            {
                return Fail(ValidationCode.TooLarge, "Ids", $"An id has 1 to {_limits.MaxIdBytes} bytes.");
            }

            ids.Add(new GossipMessageId(reader.Bytes));
        }

        return !reader.IsMalformed || Malformed("Ids");
    }

    private bool TryReadTopicField(ReadOnlySpan<byte> encoded, string part, out string topic)
    {
        topic = "";
        string? read = null;
        ProtoReader reader = new(encoded, _limits.MaxIdsPerRpc + UnknownFields);
        while (reader.Next())
        {
            if (reader.Field == 1 && !TryReadTopic(ref reader, out read))
            {
                return false;
            }
        }

        topic = read ?? "";
        return (!reader.IsMalformed && read is not null) || Malformed(part);
    }

    private bool TryReadTopic(ref ProtoReader reader, out string? topic)
    {
        topic = null;
        if (!reader.IsBytes || reader.Bytes.Length == 0 || reader.Bytes.Length > _limits.MaxTopicBytes)
        {
            return Fail(ValidationCode.TooLarge, "Topic", $"A topic has 1 to {_limits.MaxTopicBytes} bytes.");
        }

        topic = reader.ReadString();
        return !reader.IsMalformed || Malformed("Topic");
    }

    private bool TryReadSmall(ReadOnlySpan<byte> value, int max, out byte[]? copy)
    {
        copy = value.Length <= max ? value.ToArray() : null;
        return copy is not null || Fail(ValidationCode.TooLarge, nameof(GossipMessage), $"A field of {value.Length} bytes; at most {max}.");
    }

    private bool Malformed(string field) => Fail(ValidationCode.Malformed, field, "The bytes are no RPC.");

    private bool TooMany(string field, int limit) => Fail(ValidationCode.TooLarge, field, $"More than {limit}.");

    private bool Fail(ValidationCode code, string field, string message)
    {
        _failure = ValidationResult.Fail(code, field, message);
        return false;
    }
}
