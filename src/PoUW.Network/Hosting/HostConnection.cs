using PoUW.Core.Primitives;
using PoUW.Network.Guards;
using PoUW.Network.Identify;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;

namespace PoUW.Network.Hosting;

/// <summary>
/// A connection after security and muxing: from then on it is served, first only what admits the peer, and everything once it is admitted.
/// Any thread.
/// </summary>
internal sealed class HostConnection
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _inbound = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<bool> _admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<PeerStream?> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _broken = new();
    private readonly TaskGroup _tasks;
    private CloseReason _reason;
    private IdentifyMessage _identity = new();
    private int _pending;
    private bool _hasHello;

    public HostConnection(PeerId peer, Multiaddr remoteAddress, bool isInbound, IMuxer muxer, ConnectionScope scope, TaskGroup tasks)
    {
        (Peer, RemoteAddress, IsInbound, Muxer, Scope, _tasks) = (peer, remoteAddress, isInbound, muxer, scope, tasks);
    }

    public PeerId Peer { get; }

    public Multiaddr RemoteAddress { get; }

    public bool IsInbound { get; }

    public IMuxer Muxer { get; }

    /// <summary>What the connection holds; given back when it has ended.</summary>
    public ConnectionScope Scope { get; }

    /// <summary>The account that hello proved, or null.</summary>
    public Address? Account { get; set; }

    /// <summary>What the peer says about itself.</summary>
    public IdentifyMessage Identity
    {
        get => Volatile.Read(ref _identity);
        set => Volatile.Write(ref _identity, value);
    }

    /// <summary>How many more messages the peer may push now; made with the first one.</summary>
    public TokenBucket? Pushes { get; set; }

    /// <summary>True once this side ends the connection or it broke.</summary>
    public bool IsClosing
    {
        get
        {
            lock (_gate)
            {
                return _reason != CloseReason.None || _broken.IsCancellationRequested;
            }
        }
    }

    /// <summary>Cancelled when the connection has ended.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Completes with true when the peer is admitted, with false when the connection ends before.</summary>
    public Task<bool> Admitted => _admitted.Task;

    /// <summary>The stream on which the peer said hello; null if the connection ends before.</summary>
    public Task<PeerStream?> Hello => _hello.Task;

    public PeerConnection Snapshot()
    {
        IdentifyMessage identity = Identity;
        return new PeerConnection(Peer, RemoteAddress, IsInbound, identity.Agent, identity.Protocols, identity.Addresses)
        {
            SignedPeerRecord = identity.SignedPeerRecord,
        };
    }

    public PeerDescription Describe() => new(Peer, RemoteAddress, Identity.Agent, IsInbound, Account);

    public void MarkAdmitted() => _admitted.TrySetResult(true);

    /// <summary>The muxer has ended: nothing waits for this connection any more.</summary>
    public void MarkBroken()
    {
        _admitted.TrySetResult(false);
        _hello.TrySetResult(null);
        _broken.Cancel();
    }

    /// <summary>Nobody can find the connection any more, and its end was told.</summary>
    public void MarkEnded()
    {
        Scope.Dispose();
        _ended.TrySetResult();
    }

    /// <returns>False if the peer said hello before.</returns>
    public bool TryGiveHello(PeerStream stream)
    {
        lock (_gate)
        {
            if (_hasHello)
            {
                return false;
            }

            _hasHello = true;
        }

        _hello.TrySetResult(stream);
        return true;
    }

    /// <summary>Waits until nobody can find the connection any more.</summary>
    public ValueTask WaitForEndAsync(CancellationToken cancellation) => WaitAsync(_ended.Task, cancellation);

    /// <summary>Waits for a task that never fails.</summary>
    public static async ValueTask WaitAsync(Task task, CancellationToken cancellation)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => done.TrySetCanceled(cancellation), null);

        // Not Task.WaitAsync: its continuation would leave the simulator's thread.
        _ = SignalAsync(task, done);
        await done.Task;
    }

    /// <summary>Starts to end the connection; only the first reason counts. It has ended when the muxer has.</summary>
    public void BeginClose(CloseReason reason)
    {
        if (TrySetReason(reason))
        {
            uint code = CloseCodes.ToCode(reason);
            if (!_tasks.TryRun("pouw.close", () => Muxer.CloseAsync(code).AsTask()))
            {
                // The host stops, and waits for those who wait for this connection's end. Closing has its own deadline and never fails.
                _ = Muxer.CloseAsync(code).AsTask();
            }
        }
    }

    /// <summary>Ends the connection and waits for that.</summary>
    /// <returns>Why it ended: the first reason of this side, or what the other side said before that.</returns>
    public async ValueTask<CloseReason> CloseAsync(CloseReason reason)
    {
        TrySetReason(reason);
        await Muxer.CloseAsync(CloseCodes.ToCode(reason));
        return await WaitForReasonAsync();
    }

    /// <summary>Waits for the end of the muxer.</summary>
    public async ValueTask<CloseReason> WaitForReasonAsync()
    {
        MuxerEnd end = await Muxer.Completion;
        lock (_gate)
        {
            return end.ByPeer || _reason == CloseReason.None ? CloseCodes.ToReason(end) : _reason;
        }
    }

    /// <summary>Takes a place for a stream that the peer opened and whose protocol is not agreed yet.</summary>
    public bool TryBeginPending(int limit)
    {
        lock (_gate)
        {
            if (_pending >= limit)
            {
                return false;
            }

            _pending++;
            return true;
        }
    }

    public void EndPending()
    {
        lock (_gate)
        {
            _pending--;
        }
    }

    /// <summary>Takes one of the places that a peer has for streams of a protocol.</summary>
    public bool TryEnter(string protocol, int limit)
    {
        lock (_gate)
        {
            int count = _inbound.GetValueOrDefault(protocol);
            if (count >= limit)
            {
                return false;
            }

            _inbound[protocol] = count + 1;
            return true;
        }
    }

    public void Leave(string protocol)
    {
        lock (_gate)
        {
            _inbound[protocol]--;
        }
    }

    private static async Task SignalAsync(Task task, TaskCompletionSource done)
    {
        await task;
        done.TrySetResult();
    }

    private bool TrySetReason(CloseReason reason)
    {
        lock (_gate)
        {
            bool isFirst = _reason == CloseReason.None;
            _reason = isFirst ? reason : _reason;
            return isFirst;
        }
    }
}
