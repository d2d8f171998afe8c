using System.Buffers;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Streams;

namespace PoUW.Network.Identify;

/// <summary>
/// Tells peers about this node and asks them about themselves (libp2p specification, identify and identify/push). What they say is kept with
/// their connection and believed by nobody: it names protocols and addresses worth a try. Any thread.
/// </summary>
internal sealed class IdentifyService(
    PublicKey key, IdentityKey? signer, IdentityVerifier verifier, HostOptions options, MessageBudget budget, TimeProvider time, TaskGroup tasks,
    Func<IReadOnlyList<Multiaddr>> addresses, Func<string[]> protocols)
{
    /// <summary>A peer that opens this protocol is told about this node.</summary>
    public const string ProtocolId = "/ipfs/id/1.0.0";

    /// <summary>A peer that opens this protocol tells what has changed.</summary>
    public const string PushProtocolId = "/ipfs/id/push/1.0.0";

    private readonly Lock _gate = new();
    private IReadOnlyList<Multiaddr> _sealedAddresses = [];
    private byte[] _record = [];
    private ulong _sequence;

    /// <summary>Asks a peer. One that does not speak the protocol is taken as one that says nothing.</summary>
    /// <exception cref="NetworkException">The connection broke, or the peer broke the protocol.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask AskAsync(HostConnection connection, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(options.Identify.Timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        PeerStream? stream = null;
        bool isDone = false;
        try
        {
            stream = await StreamOpener.OpenAsync(connection, [ProtocolId], StreamPriority.Urgent, options, either.Token);
            await stream.CloseWritingAsync();
            connection.Identity = await ReadAsync(connection.Peer, stream, either.Token);
            await stream.CloseAsync();
            isDone = true;
        }
        catch (NetworkException failure) when (failure.Error == NetworkError.ProtocolNotSupported)
        {
            return;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Closed, "The peer took too long to identify itself.");
        }
        finally
        {
            if (!isDone)
            {
                stream?.Reset();
            }
        }
    }

    /// <summary>Tells a peer about this node.</summary>
    public async Task ServeAsync(HostConnection connection, PeerStream stream, CancellationToken cancellation)
    {
        await stream.WriteAsync(DelimitedMessages.Encode(Describe(connection).Encode()), cancellation);
        await stream.CloseAsync();
    }

    /// <summary>Takes what a peer says has changed.</summary>
    /// <returns>False if nothing of it was read, since the peer pushes too often.</returns>
    /// <exception cref="NetworkException">The stream broke, or the peer broke the protocol or took too long.</exception>
    public async ValueTask<bool> ReceivePushAsync(HostConnection connection, PeerStream stream, CancellationToken cancellation)
    {
        connection.Pushes ??= new TokenBucket(new TokenRate(1, options.Identify.PushInterval, options.Identify.PushBurst), time);
        if (!connection.Pushes.TryTake())
        {
            return false;
        }

        using CancellationTokenSource deadline = new(options.Identify.Timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        IdentifyMessage message;
        try
        {
            message = await ReadAsync(connection.Peer, stream, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Closed, "The peer took too long to tell what has changed.");
        }

        await stream.CloseAsync();
        IdentifyMessage known = connection.Identity;
        connection.Identity = known with
        {
            Addresses = message.Addresses.Count > 0 ? message.Addresses : known.Addresses,
            Protocols = message.Protocols.Count > 0 ? message.Protocols : known.Protocols,
            Agent = message.Agent.Length > 0 ? message.Agent : known.Agent,
            SignedPeerRecord = message.SignedPeerRecord.IsEmpty ? known.SignedPeerRecord : message.SignedPeerRecord,
        };
        return true;
    }

    /// <summary>Tells all peers that listen to pushes that something changed here. Each one has its own task.</summary>
    public void Push(HostConnection[] connections)
    {
        foreach (HostConnection connection in connections)
        {
            if (connection.Identity.Protocols.Contains(PushProtocolId))
            {
                tasks.TryRun("pouw.identify", () => PushAsync(connection));
            }
        }
    }

    private async Task PushAsync(HostConnection connection)
    {
        using CancellationTokenSource deadline = new(options.Identify.Timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.Broken);
        PeerStream? stream = null;
        try
        {
            stream = await StreamOpener.OpenAsync(connection, [PushProtocolId], StreamPriority.Normal, options, either.Token);
            await stream.WriteAsync(DelimitedMessages.Encode(Describe(connection).Encode()), either.Token);
            await stream.CloseAsync();
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            // The peer asks again when it wants to know.
            stream?.Reset();
        }
    }

    private IdentifyMessage Describe(HostConnection connection)
    {
        IReadOnlyList<Multiaddr> listens = addresses();
        return new IdentifyMessage
        {
            Key = key,
            Addresses = listens,
            Protocols = protocols(),
            ObservedAddress = connection.RemoteAddress,
            ProtocolVersion = options.ProtocolVersion,
            Agent = options.Agent,
            SignedPeerRecord = SignedRecord(listens),
        };
    }

    /// <summary>The record that this node signs of itself, a new one when its addresses changed; empty if it signs none or does not listen.</summary>
    public ReadOnlyMemory<byte> SignedRecord(IReadOnlyList<Multiaddr> listens)
    {
        lock (_gate)
        {
            if (signer is not null && !ReferenceEquals(listens, _sealedAddresses))
            {
                _sequence = Math.Max(_sequence + 1, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
                _record = PeerRecord.Seal(signer, _sequence, [.. listens.Take(PeerRecord.MaxAddresses)]);
                _sealedAddresses = listens;
            }

            return listens.Count > 0 ? _record : default;
        }
    }

    /// <summary>A record that is not one, or not the peer's, is dropped; a good one tells the addresses better than the message does.</summary>
    private IdentifyMessage Check(PeerId peer, IdentifyMessage message)
    {
        if (message.SignedPeerRecord.IsEmpty)
        {
            return message;
        }

        bool isOwn = PeerRecord.TryOpen(message.SignedPeerRecord.Span, verifier, out PeerRecord? record).IsValid && record!.Peer == peer;
        return isOwn ? message with { Addresses = record!.Addresses } : message with { SignedPeerRecord = default };
    }

    /// <summary>Reads the messages of a stream to its end as one.</summary>
    private async ValueTask<IdentifyMessage> ReadAsync(PeerId peer, PeerStream stream, CancellationToken cancellation)
    {
        ArrayBufferWriter<byte> all = new();
        while (await DelimitedMessages.ReadLengthAsync(stream, options.Identify.MaxBytes - all.WrittenCount, cancellation) is { } length)
        {
            if (length == 0)
            {
                throw new NetworkException(NetworkError.ProtocolViolation, "An empty message.");
            }

            if (!budget.TrySpend(peer, MessageKind.Control, length))
            {
                throw new NetworkException(NetworkError.LimitReached, "The peer identifies itself too often.");
            }

            all.Write(await DelimitedMessages.ReadBodyAsync(stream, length, cancellation));
        }

        ValidationResult decoded = IdentifyMessage.TryDecode(all.WrittenSpan, options.Identify, out IdentifyMessage? message);
        if (message is null)
        {
            throw new NetworkException(NetworkError.ProtocolViolation, $"Identify: {decoded}");
        }

        return message.Key is null || PeerId.Of(message.Key) == peer
            ? Check(peer, message)
            : throw new NetworkException(NetworkError.ProtocolViolation, "Identify tells another peer's key.");
    }
}
