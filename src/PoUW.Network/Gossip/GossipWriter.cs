using PoUW.Network.Hosting;
using PoUW.Network.Muxing;

namespace PoUW.Network.Gossip;

/// <summary>Writes to peers what waits for them, each on a stream of its own, which is opened again when it breaks. Any thread.</summary>
internal sealed class GossipWriter(IHost host, IReadOnlyList<string> protocols, GossipEngine engine, GossipOptions options, TimeProvider time, INetworkObserver observer)
{
    /// <summary>Writes to one peer until it is gone; opens the stream again when it breaks.</summary>
    public async Task WriteAsync(GossipLink link)
    {
        TimeSpan delay = options.ReopenDelay;
        byte[] unsent = [];
        bool isFirst = true;
        while (!link.Stopped.IsCancellationRequested)
        {
            try
            {
                await using PeerStream stream = await host.OpenStreamAsync(link.Peer, protocols, StreamPriority.Urgent, link.Stopped);
                if (!isFirst)
                {
                    engine.Greet(link);
                }

                (isFirst, delay) = (false, options.ReopenDelay);
                unsent = await WriteAsync(link, stream, unsent);
            }
            catch (OperationCanceledException) when (link.Stopped.IsCancellationRequested)
            {
                return;
            }
            catch (NetworkException failure)
            {
                observer.Observe(new NetworkEvent(NetworkEventKind.StreamFailed, link.Peer, $"gossip: {failure.Message}"));
                if (failure.Error == NetworkError.ProtocolNotSupported)
                {
                    engine.RemovePeer(link.Peer);
                    return;
                }
            }

            await Pauses.PauseAsync(delay, time, link.Stopped);
            delay = delay * 2 < options.MaxReopenDelay ? delay * 2 : options.MaxReopenDelay;
        }
    }

    /// <returns>What was not sent when the stream broke.</returns>
    private async ValueTask<byte[]> WriteAsync(GossipLink link, PeerStream stream, byte[] frames)
    {
        using CancellationTokenSource broken = CancellationTokenSource.CreateLinkedTokenSource(link.Stopped);
        Task watch = WatchAsync(stream, broken);
        bool isOpen = true;
        try
        {
            while (isOpen && !link.Queue.IsOverrun)
            {
                if (frames.Length > 0)
                {
                    await stream.WriteAsync(frames, broken.Token);
                }

                frames = link.Queue.Take();
                isOpen = frames.Length > 0 || await link.Queue.WaitAsync(broken.Token);
            }

            frames = [];
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            if (!link.Stopped.IsCancellationRequested)
            {
                observer.Observe(new NetworkEvent(NetworkEventKind.StreamFailed, link.Peer, $"gossip to the peer: {failure.Message}"));
            }
        }

        stream.Reset();
        broken.Cancel();
        await watch;
        return frames;
    }

    /// <summary>Notices that the peer has reset the stream, on which it never writes.</summary>
    private static async Task WatchAsync(PeerStream stream, CancellationTokenSource broken)
    {
        byte[] nothing = new byte[1];
        try
        {
            // A peer may close its half at once: that is no failure.
            await stream.ReadAsync(nothing, broken.Token);
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            broken.Cancel();
        }
    }
}
