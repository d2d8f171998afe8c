using PoUW.Network.Guards;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Streams;
using PoUW.Network.Telemetry;

namespace PoUW.Network.Hosting;

/// <summary>
/// Serves the streams that peers open: agrees on the protocol, holds the limits, runs the handler. Each stream has its own task, so nothing that
/// one does holds up another. Any thread.
/// </summary>
internal sealed class StreamServer(HostOptions options, TimeProvider time, TaskGroup tasks, INetworkObserver observer)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Registration> _registrations = new(StringComparer.Ordinal);
    private string[] _protocols = [];

    /// <summary>A handler that knows the connection of its stream.</summary>
    public delegate Task ConnectionHandler(HostConnection connection, PeerStream stream, CancellationToken cancellation);

    /// <summary>What is served, in ordinal order. Not to be changed.</summary>
    public string[] Protocols => Volatile.Read(ref _protocols);

    /// <exception cref="InvalidOperationException">The protocol has a handler.</exception>
    public void Handle(string protocol, ConnectionHandler handler, StreamHandlerOptions handling)
    {
        lock (_gate)
        {
            if (!_registrations.TryAdd(protocol, new Registration(handler, handling)))
            {
                throw new InvalidOperationException($"Protocol '{protocol}' has a handler already.");
            }

            Volatile.Write(ref _protocols, [.. _registrations.Keys]);
        }
    }

    /// <summary>Takes the streams of a connection until it ends.</summary>
    public async Task AcceptAsync(HostConnection connection)
    {
        try
        {
            await AcceptAllAsync(connection);
        }
        finally
        {
            await connection.Muxer.Completion;
            connection.MarkBroken();
        }
    }

    private async ValueTask AcceptAllAsync(HostConnection connection)
    {
        while (await connection.Muxer.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            if (!connection.TryBeginPending(options.MaxPendingStreams))
            {
                Refuse(stream, "limit");
            }
            else if (!connection.Scope.TryOpenStream(true, out StreamScope? scope).IsValid)
            {
                Refuse(stream, "limit");
                connection.EndPending();
            }
            else if (!tasks.TryRun("pouw.stream", () => ServeAsync(connection, stream, scope!)))
            {
                stream.Reset();
                scope!.Dispose();
                connection.EndPending();
            }
        }
    }

    private async Task ServeAsync(HostConnection connection, IMuxedStream stream, StreamScope scope)
    {
        using StreamScope held = scope;
        BufferedDuplexStream bytes = new(stream);
        (string Protocol, Registration Registration)? agreed = null;
        try
        {
            agreed = await AgreeAsync(connection, bytes, scope);
        }
        catch (NetworkException failure)
        {
            // A peer that cannot agree on a protocol, or went away: it loses the stream, which tells it as much.
            Refuse(stream, failure.Error == NetworkError.LimitReached ? "limit" : "negotiation");
        }
        catch (Exception failure)
        {
            Refuse(stream, "negotiation");
            observer.Observe(new NetworkEvent(NetworkEventKind.InternalFailure, connection.Peer, "agreeing on a protocol", failure));
        }
        finally
        {
            connection.EndPending();
        }

        if (agreed is not var (protocol, registration))
        {
            await stream.CloseAsync();
            return;
        }

        NetworkMetrics.StreamsAccepted.Add(
            1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, options.Node), NetworkMetrics.Tag("protocol", protocol));
        PeerStream open = new(connection.Peer, protocol, stream, bytes) { Priority = registration.Options.Priority, Scope = scope, Node = options.Node };
        try
        {
            await RunAsync(connection, registration, open);
        }
        finally
        {
            connection.Leave(protocol);
        }
    }

    private void Refuse(IMuxedStream stream, string cause)
    {
        NetworkMetrics.StreamsRefused.Add(1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, options.Node), NetworkMetrics.Tag("cause", cause));
        stream.Reset();
    }

    /// <summary>Agrees on a protocol, takes a place for it, and waits for the admission where the protocol needs it.</summary>
    /// <returns>Null if there is nothing to serve.</returns>
    private async ValueTask<(string Protocol, Registration Registration)?> AgreeAsync(
        HostConnection connection, BufferedDuplexStream bytes, StreamScope scope)
    {
        string? protocol;
        using (CancellationTokenSource deadline = new(options.NegotiationTimeout, time))
        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.Broken))
        {
            try
            {
                protocol = await MultistreamSelect.ListenAsync(bytes, Protocols, options.Negotiation, either.Token);
            }
            catch (OperationCanceledException)
            {
                throw new NetworkException(NetworkError.Closed, "The peer took too long to agree on a protocol.");
            }
        }

        if (protocol is null)
        {
            return null;
        }

        Registration registration;
        lock (_gate)
        {
            registration = _registrations[protocol];
        }

        if (!registration.Options.BeforeAdmission && !await connection.Admitted)
        {
            return null;
        }

        return scope.TryBindProtocol(protocol).IsValid && connection.TryEnter(protocol, registration.Options.MaxInboundPerPeer)
            ? (protocol, registration)
            : throw new NetworkException(NetworkError.LimitReached, $"Too many streams of {protocol}.");
    }

    private async ValueTask RunAsync(HostConnection connection, Registration registration, PeerStream stream)
    {
        bool isDone = false;
        try
        {
            await registration.Handler(connection, stream, connection.Broken);
            isDone = true;
        }
        catch (NetworkException failure)
        {
            observer.Observe(new NetworkEvent(NetworkEventKind.StreamFailed, connection.Peer, stream.Protocol, failure));
        }
        catch (OperationCanceledException) when (connection.Broken.IsCancellationRequested)
        {
            // The connection is gone, and its handlers end.
            isDone = false;
        }
        catch (Exception failure)
        {
            observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, connection.Peer, stream.Protocol, failure));
        }

        if (isDone && stream.IsWritingClosed)
        {
            await stream.CloseAsync();
        }
        else
        {
            stream.Reset();
        }
    }

    private sealed record Registration(ConnectionHandler Handler, StreamHandlerOptions Options);
}
