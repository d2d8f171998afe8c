using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// Reads the streams of peers: RPCs are decoded, their messages hashed and verified, before the engine gets them. Any thread.
/// </summary>
/// <param name="host">Hears of faults.</param>
/// <param name="engine">Gets the RPCs.</param>
/// <param name="options">Parameters.</param>
/// <param name="signing">Verifies messages.</param>
/// <param name="suggest">Gets the peers that a peer suggests.</param>
/// <param name="stopping">Ends all reading.</param>
internal sealed class GossipReader(
    IHost host, GossipEngine engine, GossipOptions options, MessageSigning signing, Action<RouterOutput> suggest, CancellationToken stopping)
{
    private readonly Func<GossipMessage, GossipMessageId> _idOf = GossipMessageIds.Of(options);

    /// <summary>Reads one stream until it ends.</summary>
    public async Task ServeAsync(PeerStream stream, CancellationToken cancellation)
    {
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        using GossipFrameReader reader = new(stream, options.Limits.MaxRpcBytes);
        try
        {
            while (await reader.ReadAsync(ends.Token) is { } frame)
            {
                Take(stream.Peer, frame);
            }

            await stream.CloseAsync();
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            stream.Reset();
        }
        catch (NetworkException failure) when (failure.Error == NetworkError.ProtocolViolation)
        {
            host.Punish(stream.Peer, failure.Message);
            throw;
        }
    }

    private void Take(PeerId peer, ReadOnlyMemory<byte> frame)
    {
        if (!engine.Admits(peer, frame.Length))
        {
            return;
        }

        ValidationResult result = GossipRpcCodec.TryDecode(frame.Span, options.Limits, out GossipRpc? rpc);
        if (rpc is null)
        {
            engine.CountMalformed();
            throw new NetworkException(NetworkError.ProtocolViolation, $"malformed RPC of gossip: {result}");
        }

        engine.Charge(peer, rpc);
        foreach (GossipMessage message in rpc.Messages)
        {
            Prepare(message);
        }

        suggest(engine.Receive(peer, rpc));
    }

    /// <summary>Does what costs time, hashing and verifying, before the lock is taken.</summary>
    private void Prepare(GossipMessage message)
    {
        if (message.IsWithinBudget != true || !engine.IsWanted(message))
        {
            return;
        }

        message.Id = _idOf(message);
        if (options.SignaturePolicy == GossipSignaturePolicy.StrictSign && !engine.IsSeen(message.Id))
        {
            message.IsVerified = signing.Verify(message);
        }
    }
}
