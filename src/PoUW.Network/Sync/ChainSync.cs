using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>
/// Catches up with the peers, headers first: each peer's headers go to the intake, bodies of the best header chain come from all peers that
/// have them. Nothing of it needs to be told where it was: after a restart it begins at the head. Thread-safe.
/// </summary>
internal sealed class ChainSync
{
    private readonly BlockChain _chain;
    private readonly HeaderIntake<PeerId> _intake;
    private readonly SyncPeers _peers = new();
    private readonly HeaderFetcher _headers;
    private readonly BodyFetcher _bodies;
    private readonly BodyPlan _plan;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly TimeProvider _time;
    private readonly Action _idle;
    private ulong _askedAt;

    internal ChainSync(
        BlockChain chain, HeaderIntake<PeerId> intake, SyncNetwork network, SyncOptions options, TimeProvider time, SyncTasks tasks,
        Action<string> warn, Action<Block, ValidationResult> imported, Action idle)
    {
        (_chain, _intake, _network, _options, _time, _idle) = (chain, intake, network, options, time, idle);
        Pulse progress = new();
        _plan = new BodyPlan(chain, intake, _peers, options, time, warn);
        _bodies = new BodyFetcher(chain, intake, _peers, network, options, time, tasks, progress, _plan, warn, imported, Disappoint, CheckIdle);
        _headers = new HeaderFetcher(chain, intake, _peers, network, options, time, tasks, progress, OnHeaders);
        network.WhenConnected(peer =>
        {
            _peers.Add(peer);
            _headers.Ask(peer);
        });
        network.WhenDisconnected(peer =>
        {
            _peers.Remove(peer);
            intake.Forget(peer);
            _bodies.Pump(replan: true);
        });
        if (options.PollInterval > TimeSpan.Zero)
        {
            tasks.Run("sync poll", PollAsync);
        }
    }

    internal SyncStatus Status
    {
        get
        {
            lock (_peers.Gate)
            {
                SyncMode mode = !_plan.IsEmpty ? SyncMode.Bodies : _headers.IsAsking ? SyncMode.Headers : SyncMode.Idle;
                ulong known = _peers.All.Select(static peer => peer.ClaimedHeight).DefaultIfEmpty().Max();
                return new SyncStatus(mode, _chain.Head.Height, known, _peers.Count, _intake.Count, _plan.Ahead, _plan.BytesAhead, _bodies.Imported);
            }
        }
    }

    /// <summary>The peers; guarded by their lock.</summary>
    internal SyncPeers Peers => _peers;

    /// <summary>Asks a peer what is above the head.</summary>
    internal void Ask(PeerId peer) => _headers.Ask(peer);

    /// <summary>Nobody has the bodies of a peer's headers, or they are kept back.</summary>
    private void Disappoint(PeerId peer) => _headers.Pause(peer);

    private void OnHeaders()
    {
        _bodies.Pump(replan: true);
        CheckIdle();
    }

    private void CheckIdle()
    {
        if (_headers.IsAsking || !_bodies.IsIdle)
        {
            return;
        }

        List<PeerId> above = [];
        lock (_peers.Gate)
        {
            // Claims that led nowhere are not followed again before the chain has grown.
            ulong height = _chain.Head.Height;
            if (height > _askedAt)
            {
                _askedAt = height;
                above.AddRange(_peers.All.Where(peer => peer.ClaimedHeight > height).Select(static peer => peer.Id));
            }
        }

        above.ForEach(Ask);
        if (above.Count == 0)
        {
            _idle();
        }
    }

    private async Task PollAsync()
    {
        PeerId? last = null;
        while (!_network.Stopping.IsCancellationRequested)
        {
            await Task.Delay(_options.PollInterval, _time, _network.Stopping);
            SyncPeer? next;
            lock (_peers.Gate)
            {
                next = _peers.After(last);
            }

            if (next is not null)
            {
                last = next.Id;
                Ask(next.Id);
            }
        }
    }
}
