using System.Security.Cryptography;
using System.Text;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Framing;
using PoUW.Network.Sessions;

namespace PoUW.Network.Messaging;

/// <summary>
/// Flood gossip: a message goes to the topic's handler once, and on to every other peer if the handler accepts it. The claimed id in the
/// frame lets copies be dropped unread and unhashed; an id that does not match its message counts against the sender.
/// </summary>
internal sealed class GossipRouter(
    NetworkOptions options, TimeProvider time, SessionRegistry sessions, PeerJudge judge, INetworkObserver observer, NetworkCounters counters)
{
    // Of one peer.
    private const int MaxOpenVerdicts = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>>> _handlers = [];
    private readonly SeenCache _seen = new(options.SeenMessages, options.SeenDuration, time);

    public void Subscribe(string topic, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>> handler)
    {
        lock (_gate)
        {
            if (!_handlers.TryAdd(topic, handler))
            {
                throw new InvalidOperationException($"Topic '{topic}' has a handler already.");
            }
        }
    }

    /// <returns>The number of peers for which the message was queued.</returns>
    public int Publish(string topic, ReadOnlyMemory<byte> payload)
    {
        byte[] copy = payload.ToArray();
        Hash256 id = IdOf(topic, copy);
        return _seen.TryAdd(id) ? Forward(new GossipMessage(topic, id, copy)) : 0;
    }

    public async ValueTask<SessionStep> ReceiveAsync(PeerSession session, int length, CancellationToken cancellation)
    {
        string? topic = await MessageNames.ReadAsync(session.Reader, session.Fields, length, cancellation);
        int payload = length - 1 - (topic?.Length ?? 0) - Hash256.Size;
        if (topic is null)
        {
            return SessionStep.Lost;
        }

        if (topic.Length == 0 || payload < 0)
        {
            return SessionStep.Fault(CloseReason.Malformed);
        }

        if (payload > options.MaxGossipBytes)
        {
            return SessionStep.Fault(CloseReason.TooLarge);
        }

        if (!await session.Reader.TryReadAsync(session.Fields.AsMemory(0, Hash256.Size), cancellation))
        {
            return SessionStep.Lost;
        }

        Hash256 id = new(session.Fields.AsSpan(0, Hash256.Size));
        session.Known.TryAdd(id);
        return IsWanted(session, topic, id, payload)
            ? await TakeAsync(session, topic, id, payload, cancellation)
            : await session.Reader.TrySkipAsync(payload, cancellation) ? SessionStep.Continue : SessionStep.Lost;
    }

    /// <summary>Hands the messages of one peer to their handlers, in order of arrival, until the session ends.</summary>
    public async Task PumpAsync(PeerSession session)
    {
        List<Task> open = [];
        while (await session.Inbox.TakeAsync() is { } message)
        {
            Interlocked.Increment(ref counters.GossipDelivered);
            open.RemoveAll(static verdict => verdict.IsCompleted);
            Task judged = JudgeAsync(session, message);
            if (!judged.IsCompleted)
            {
                open.Add(judged);
            }

            // A verdict that takes long holds up the next messages of its sender only when it has many of them.
            if (open.Count >= MaxOpenVerdicts)
            {
                await Task.WhenAny(open);
            }
        }

        await Task.WhenAll(open);
    }

    private async Task JudgeAsync(PeerSession session, GossipMessage message)
    {
        switch (await AskHandlerAsync(session.Peer.Id, message))
        {
            case GossipVerdict.Accept:
                Forward(message);
                break;
            case GossipVerdict.Reject:
                Interlocked.Increment(ref counters.GossipRejected);
                observer.Observe(new NetworkEvent(NetworkEventKind.GossipRejected, session.Peer.Id, message.Topic));
                judge.AddFault(session.Peer.Id, $"rejected message on '{message.Topic}'");
                break;
            default:
                break;
        }
    }

    private static Hash256 IdOf(string topic, ReadOnlySpan<byte> payload)
    {
        Span<byte> name = stackalloc byte[1 + MessageNames.MaxLength];
        name[0] = (byte)topic.Length;
        int written = Encoding.ASCII.GetBytes(topic, name[1..]);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(name[..(1 + written)]);
        hash.AppendData(payload);
        Span<byte> digest = stackalloc byte[Hash256.Size];
        hash.GetHashAndReset(digest);
        return new Hash256(digest);
    }

    private bool IsWanted(PeerSession session, string topic, Hash256 id, int payload)
    {
        if (_seen.Contains(id))
        {
            Interlocked.Increment(ref counters.GossipDuplicates);
            return false;
        }

        if (HandlerOf(topic) is null || !session.Inbox.HasRoomFor(payload))
        {
            Interlocked.Increment(ref counters.GossipDroppedInbound);
            return false;
        }

        return true;
    }

    private async ValueTask<SessionStep> TakeAsync(
        PeerSession session, string topic, Hash256 id, int length, CancellationToken cancellation)
    {
        byte[] payload = GC.AllocateUninitializedArray<byte>(length);
        if (!await session.Reader.TryReadAsync(payload, cancellation))
        {
            return SessionStep.Lost;
        }

        if (_seen.Contains(id))
        {
            Interlocked.Increment(ref counters.GossipDuplicates);
            return SessionStep.Continue;
        }

        if (IdOf(topic, payload) != id)
        {
            judge.AddFault(session.Peer.Id, "message id does not match the message");
            return SessionStep.Continue;
        }

        if (_seen.TryAdd(id))
        {
            session.Inbox.Add(new GossipMessage(topic, id, payload));
        }
        else
        {
            Interlocked.Increment(ref counters.GossipDuplicates);
        }

        return SessionStep.Continue;
    }

    private async ValueTask<GossipVerdict> AskHandlerAsync(PeerId peer, GossipMessage message)
    {
        try
        {
            return await HandlerOf(message.Topic)!(peer, message.Payload);
        }
        catch (Exception failure)
        {
            // The host's failure is not the peer's fault.
            observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, peer, message.Topic, failure));
            return GossipVerdict.Ignore;
        }
    }

    private Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>>? HandlerOf(string topic)
    {
        lock (_gate)
        {
            return _handlers.GetValueOrDefault(topic);
        }
    }

    private int Forward(GossipMessage message)
    {
        OutboundFrame frame = OutboundFrame.Gossip(message.Topic, message.Id, message.Payload);
        int queued = 0;
        foreach (PeerSession session in sessions.Sessions)
        {
            if (session.IsClosing || session.Known.Contains(message.Id))
            {
                continue;
            }

            if (session.Outbox.TryAdd(frame))
            {
                queued++;
            }
            else
            {
                Interlocked.Increment(ref counters.GossipDroppedOutbound);
            }
        }

        return queued;
    }
}
