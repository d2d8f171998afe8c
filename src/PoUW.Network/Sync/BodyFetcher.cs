using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;

namespace PoUW.Network.Sync;

/// <summary>
/// Fetches bodies by plan. While a block is imported (<see cref="BodyImporter"/>), later ones are fetched, decoded, compared with their headers
/// and have their signatures verified. Whoever sends a body that does not belong to its header is punished.
/// </summary>
internal sealed class BodyFetcher(
    BlockChain chain, HeaderIntake<PeerId> intake, SyncPeers peers, SyncNetwork network, SyncOptions options, TimeProvider time, SyncTasks tasks,
    Pulse progress, BodyPlan plan, BodyImporter importer, Action<PeerId> disappointed)
{
    /// <summary>Looks what can be asked for and imported now.</summary>
    internal void Pump(bool replan = false)
    {
        List<BodyFetch> fetches;
        List<(PeerId Peer, Hash256 Id)> exhausted;
        bool import;
        lock (peers.Gate)
        {
            if (replan)
            {
                plan.Spoil();
            }

            if (importer.IsHeld)
            {
                return;
            }

            fetches = plan.Assign();
            exhausted = fetches.Count == 0 ? plan.Exhausted() : [];
            import = importer.TryBegin();
        }

        foreach (BodyFetch fetch in fetches)
        {
            tasks.Run("body sync", () => FetchAsync(fetch));
        }

        if (import)
        {
            tasks.Run("block import", () => importer.ImportAllAsync(() => Pump()));
        }

        if (exhausted.Count > 0)
        {
            foreach ((PeerId peer, Hash256 id) in exhausted)
            {
                intake.Discard(peer, id);
                disappointed(peer);
            }

            // Who waits for room has it now.
            progress.Beat();
            Pump(replan: true);
        }
    }

    private async Task FetchAsync(BodyFetch fetch)
    {
        int untouched = 0;
        bool isOpen = true;
        try
        {
            long start = time.GetTimestamp();
            using CancellationTokenSource slow = new(Patience(), time);
            SyncAnswer answer;

            // Not on the timer's thread, where nobody would catch what the chain's store throws.
            await using (slow.Token.Register(() => tasks.RunSoon("body hedge", () => Hedge(fetch, () => isOpen))))
            {
                answer = await network.AskAsync(
                    fetch.Peer.Id, SyncProtocols.Bodies, new BodiesRequest(fetch.Ids).Encode(), StreamPriority.Bulk, options.BodyTimeout);
            }

            bool isSlow = slow.IsCancellationRequested;
            untouched = answer.IsThere ? Take(fetch, answer.Bytes, isSlow, time.GetElapsedTime(start)) : GiveUp(fetch, answer.IsBusy);
        }
        finally
        {
            lock (peers.Gate)
            {
                isOpen = false;
                plan.End(fetch, untouched);
            }
        }

        Pump();
    }

    private TimeSpan Patience()
    {
        lock (peers.Gate)
        {
            return plan.Patience;
        }
    }

    /// <summary>An answer takes long, unless it came meanwhile: asked under the lock.</summary>
    private void Hedge(BodyFetch fetch, Func<bool> isOpen)
    {
        lock (peers.Gate)
        {
            if (!isOpen())
            {
                return;
            }

            plan.MarkOverdue(fetch);
        }

        Pump();
    }

    /// <summary>The peer gave nothing: others are asked, and it is left alone for a while.</summary>
    /// <returns>How many of the ids it may be asked for again: all if it was busy, unless it always is.</returns>
    private int GiveUp(BodyFetch fetch, bool isBusy)
    {
        TimeSpan pause;
        lock (peers.Gate)
        {
            isBusy &= ++fetch.Peer.BusyAnswers <= options.MaxBusyAnswers;
            pause = isBusy ? options.HedgeDelay : options.SlowPeerPause;
            fetch.Peer.Batch = 1;
            fetch.Peer.PausedUntil = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
        }

        tasks.RunLater("pause of a peer", pause + TimeSpan.FromMilliseconds(1), time, () => Pump());
        return isBusy ? fetch.Ids.Count : 0;
    }

    /// <summary>Checks an answer block by block, and hands each on at once.</summary>
    /// <returns>How many of the last ids were cut off.</returns>
    private int Take(BodyFetch fetch, ReadOnlyMemory<byte> encoded, bool isSlow, TimeSpan taken)
    {
        BodiesResponse? response = BodiesResponse.TryDecode(encoded.Span, fetch.Ids.Count, options.AnswerBytes, chain.Parameters.MaxBlockBytes);
        if (response is null)
        {
            network.Punish(fetch.Peer.Id, "malformed bodies");
            return 0;
        }

        lock (peers.Gate)
        {
            fetch.Peer.WitnessFloor = response.WitnessFloor;
        }

        int next = 0;
        foreach (Block block in response.Blocks)
        {
            Hash256 id = block.Id;
            int place = fetch.Ids.IndexOf(id, next);
            if (place < 0 || (IsWanted(id) && !IsWhole(fetch.Peer, block, response.WitnessFloor)))
            {
                network.Punish(fetch.Peer.Id, "a body that does not fit its header", id);
                return 0;
            }

            next = place + 1;
            bool isImportWaiting;
            lock (peers.Gate)
            {
                plan.Put(block, id, fetch.Peer.Id, block.EncodedLengthWithoutWitness + block.Certificate.Witness.Length);
                isImportWaiting = importer.IsWaiting;
            }

            if (isImportWaiting)
            {
                Pump();
            }
        }

        // An answer may end early for its size. What a peer has not, it leaves out of the beginning of the next one.
        bool isCut = next > 0 && next < fetch.Ids.Count;
        lock (peers.Gate)
        {
            fetch.Peer.Batch = isCut || isSlow ? Math.Max(1, next) : Math.Min(options.BodiesPerRequest, fetch.Peer.Batch * 2);
            if (next > 0)
            {
                (fetch.Peer.AnswerTime, fetch.Peer.BusyAnswers, fetch.Peer.Disappointments) = (taken, 0, 0);
            }
        }

        return isCut ? fetch.Ids.Count - next : 0;
    }

    /// <summary>False if another peer has sent the block before, which was asked for it since this one took long.</summary>
    private bool IsWanted(Hash256 id)
    {
        lock (peers.Gate)
        {
            return plan.Wants(id);
        }
    }

    private bool IsWhole(SyncPeer peer, Block block, ulong witnessFloor)
    {
        if (block.Certificate.Witness.IsEmpty && block.Header.Height >= witnessFloor)
        {
            return false;
        }

        if (block.Certificate.Witness.IsEmpty && !plan.MayLackWitness(block.Header))
        {
            lock (peers.Gate)
            {
                plan.WarnOfPruning(peer, block.Header.Height);
            }
        }

        return chain.VerifyAhead(block);
    }
}
