using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;

namespace PoUW.Network.Sync;

/// <summary>
/// Asks peers for their headers and gives them to the intake, each peer by itself and one request at a time. A peer whose chain is longer
/// than its places waits until blocks were imported. Every answer has to lead upwards, so no peer can keep this going for nothing; while one
/// takes long, another is asked, and the sync does not wait for it.
/// </summary>
internal sealed class HeaderFetcher(
    BlockChain chain, HeaderIntake<PeerId> intake, SyncPeers peers, SyncNetwork network, SyncOptions options, TimeProvider time, SyncTasks tasks,
    Pulse progress, Action headersChanged)
{
    private readonly Dictionary<PeerId, (long Due, CancellationTokenSource Sooner)> _later = [];

    /// <summary>True while a peer is being asked that does not take long.</summary>
    internal bool IsAsking
    {
        get
        {
            lock (peers.Gate)
            {
                return peers.All.Any(static peer => peer is { IsAsking: true, IsLate: false, IsFull: false });
            }
        }
    }

    /// <summary>Asks a peer, once more if it is being asked; another one at once if it takes long.</summary>
    internal void Ask(PeerId id)
    {
        SyncPeer? peer;
        lock (peers.Gate)
        {
            if (!peers.TryFind(id, out peer) || IsPaused(peer))
            {
                return;
            }

            peer.AskAgain = peer.IsAsking;
            peer = !peer.IsAsking ? peer : peer.IsLate ? FreeAfter(peer) : null;
            if (peer is null)
            {
                return;
            }

            (peer.IsAsking, peer.IsLate) = (true, false);
        }

        tasks.Run("header sync", () => RunAsync(peer));
    }

    /// <summary>
    /// A peer's headers turned out to be of no use, since nobody has their bodies: it is asked again after a while, which doubles each time.
    /// </summary>
    internal void Pause(PeerId id)
    {
        TimeSpan pause;
        lock (peers.Gate)
        {
            if (!peers.TryFind(id, out SyncPeer? peer) || IsPaused(peer))
            {
                return;
            }

            pause = options.PauseAfter(peer.Disappointments++);
            peer.HeadersPausedUntil = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
        }

        AskLater(id, pause + TimeSpan.FromMilliseconds(1));
    }

    /// <summary>Asks a peer after a while, or sooner if that was to happen sooner anyway: a peer has one such timer at a time.</summary>
    private void AskLater(PeerId id, TimeSpan delay)
    {
        CancellationTokenSource sooner = CancellationTokenSource.CreateLinkedTokenSource(network.Stopping);
        lock (peers.Gate)
        {
            long due = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
            if (_later.TryGetValue(id, out (long Due, CancellationTokenSource Sooner) known) && known.Due <= due)
            {
                sooner.Dispose();
                return;
            }

            // Listed until now, so its owner, who needs the lock to end, has not disposed of it.
            _later[id] = (due, sooner);
            known.Sooner?.Cancel();
        }

        if (!tasks.Run("headers later", () => AskLaterAsync(id, delay, sooner)))
        {
            sooner.Dispose();
        }
    }

    private async Task AskLaterAsync(PeerId id, TimeSpan delay, CancellationTokenSource sooner)
    {
        using (sooner)
        {
            await Pauses.PauseAsync(delay, time, sooner.Token);
            TimeSpan rest;
            lock (peers.Gate)
            {
                if (sooner.IsCancellationRequested || _later.GetValueOrDefault(id).Sooner != sooner)
                {
                    return;
                }

                _later.Remove(id);
                rest = peers.TryFind(id, out SyncPeer? peer) && IsPaused(peer)
                    ? time.GetElapsedTime(time.GetTimestamp(), peer.HeadersPausedUntil) + TimeSpan.FromMilliseconds(1)
                    : TimeSpan.Zero;
            }

            if (rest > TimeSpan.Zero)
            {
                // A pause began meanwhile, and found this timer.
                AskLater(id, rest);
            }
            else
            {
                Ask(id);
            }
        }
    }

    private bool IsPaused(SyncPeer peer) => peer.HeadersPausedUntil > time.GetTimestamp();

    private async Task RunAsync(SyncPeer peer)
    {
        // From its end on, another run may be on its way.
        bool isOver = false;
        try
        {
            while (!isOver)
            {
                await FollowAsync(peer);
                lock (peers.Gate)
                {
                    isOver = !peer.AskAgain || IsPaused(peer);
                    peer.AskAgain = false;
                    (peer.IsAsking, peer.IsFull) = (!isOver, peer.IsFull && !isOver);
                }
            }
        }
        finally
        {
            lock (peers.Gate)
            {
                if (!isOver)
                {
                    (peer.IsAsking, peer.IsFull) = (false, false);
                }
            }

            headersChanged();
        }
    }

    /// <summary>Asks a peer, and another one too when that takes long.</summary>
    private async Task<SyncAnswer> RequestAsync(SyncPeer peer, HeadersRequest request)
    {
        using CancellationTokenSource slow = new(options.HedgeDelay, time);
        bool isOpen = true;

        // Not on the timer's thread, where nobody would catch what the chain's store throws.
        await using (slow.Token.Register(() => tasks.RunSoon("header hedge", () => Hedge(peer, () => isOpen))))
        {
            try
            {
                return await network.AskAsync(peer.Id, SyncProtocols.Headers, request.Encode(), StreamPriority.Normal, options.RequestTimeout);
            }
            finally
            {
                lock (peers.Gate)
                {
                    (isOpen, peer.IsLate) = (false, false);
                }
            }
        }
    }

    /// <summary>An answer takes long, unless it came meanwhile: asked under the lock.</summary>
    private void Hedge(SyncPeer late, Func<bool> isOpen)
    {
        SyncPeer? other;
        lock (peers.Gate)
        {
            if (!isOpen())
            {
                return;
            }

            late.IsLate = true;
            other = FreeAfter(late);
        }

        if (other is not null)
        {
            Ask(other.Id);
        }

        headersChanged();
    }

    private SyncPeer? FreeAfter(SyncPeer late) => peers.AllAfter(late.Id).FirstOrDefault(peer => !peer.IsAsking && !IsPaused(peer));

    /// <summary>Follows a peer's chain upwards until it ends.</summary>
    private async Task FollowAsync(SyncPeer peer)
    {
        // What it sent before and is not imported yet need not come again.
        Hash256? last = intake.HeadersOf(peer.Id) is [.., var highestBefore] ? highestBefore.Id : null;
        ulong reached = 0;
        while (await WaitForRoomAsync(peer))
        {
            int count = Math.Min(options.HeadersPerRequest, options.Headers.MaxHeadersPerPeer - intake.CountOf(peer.Id));
            List<Hash256> locator = ChainLocator.Of(chain, last);
            HeadersRequest request = new(locator, Math.Max(1, count));
            SyncAnswer answer = await RequestAsync(peer, request);
            if (!answer.IsThere)
            {
                if (answer.IsBusy)
                {
                    AskLater(peer.Id, options.SlowPeerPause);
                }

                return;
            }

            if (HeadersResponse.TryDecode(answer.Bytes.Span, request.Count) is not { } response
                || (response.Headers.Count > 0 && !locator.Contains(response.Headers[0].Signed.Header.ParentHash)))
            {
                network.Punish(peer.Id, "headers that nobody asked for");
                return;
            }

            Note(peer, response);
            if (response.Headers.Count == 0)
            {
                return;
            }

            HeaderBatchResult batch = intake.AddBatch(peer.Id, response.Headers);
            headersChanged();
            if (batch.Taken > 0)
            {
                BlockHeader highest = response.Headers[batch.Taken - 1].Signed.Header;
                if (highest.Height <= reached)
                {
                    network.Punish(peer.Id, "headers that lead nowhere");
                    return;
                }

                (last, reached) = (highest.Id, highest.Height);
            }

            bool goesOn = batch.Result.IsValid
                ? reached < response.HeadHeight
                : Conclude(peer, response.Headers[Math.Min(batch.Taken, response.Headers.Count - 1)].Signed.Header, batch.Result);
            if (!goesOn)
            {
                return;
            }
        }
    }

    /// <summary>Draws the conclusions from a header that was not taken.</summary>
    /// <returns>True to go on with this peer.</returns>
    private bool Conclude(SyncPeer peer, BlockHeader header, ValidationResult result)
    {
        switch (result.Code)
        {
            case ValidationCode.TooManyUnverified:
                // Without places of its own it waits for those of others, at the next occasion.
                return intake.CountOf(peer.Id) > 0;
            case ValidationCode.BadTimestamp:
                if (EarlyBlocks.DelayOf(header, chain.Parameters, time, options) is { } delay)
                {
                    AskLater(peer.Id, delay);
                }

                return false;
            default:
                if (result.Verdict == GossipVerdict.Reject)
                {
                    network.Punish(peer.Id, $"invalid header {header.Id.ToShortString()}: {result}");
                }

                return false;
        }
    }

    private void Note(SyncPeer peer, HeadersResponse response)
    {
        lock (peers.Gate)
        {
            peer.ClaimedHeight = response.HeadHeight;
            peer.WitnessFloor = response.WitnessFloor;
        }
    }

    /// <summary>Waits until half of a peer's places are free, so that each request is worth its way.</summary>
    /// <returns>False if nothing moved for as long as headers are kept.</returns>
    private async Task<bool> WaitForRoomAsync(SyncPeer peer)
    {
        int most = options.Headers.MaxHeadersPerPeer;
        if (intake.CountOf(peer.Id) <= most - Math.Min(most, options.HeadersPerRequest))
        {
            return true;
        }

        // The pulse is awaited by itself: what combines tasks would leave the thread of a simulator.
        using CancellationTokenSource deadline = new(options.Headers.MaxAge, time);
        await using CancellationTokenRegistration late = deadline.Token.Register(progress.Beat);
        await using CancellationTokenRegistration end = network.Stopping.Register(progress.Beat);
        bool hasRoom = false;
        while (!hasRoom && !deadline.IsCancellationRequested && !network.Stopping.IsCancellationRequested)
        {
            Task changed = progress.Next;
            hasRoom = intake.CountOf(peer.Id) <= most / 2;
            if (!hasRoom)
            {
                lock (peers.Gate)
                {
                    peer.IsFull = true;
                }

                headersChanged();
                await changed;
            }
        }

        network.Stopping.ThrowIfCancellationRequested();
        return hasRoom;
    }
}
