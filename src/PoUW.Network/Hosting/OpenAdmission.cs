using PoUW.Network.Identify;

namespace PoUW.Network.Hosting;

/// <summary>Admits every peer that speaks libp2p, known by identify: for hosts without a network of their own.</summary>
internal sealed class OpenAdmission(IdentifyService identify, PlaceArbiter arbiter, HostOptions options, TimeProvider time) : IAdmission
{
    public async ValueTask<AdmissionOutcome> AdmitAsync(HostConnection connection, CancellationToken cancellation)
    {
        await identify.AskAsync(connection, cancellation);
        return new AdmissionOutcome(arbiter.Decides(connection.Peer)
            ? await arbiter.DecideAsync(connection, cancellation)
            : await FollowAsync(connection, cancellation));
    }

    /// <summary>The deciding peer tells nothing but ends one of two connections; if it does not, the earlier one stays.</summary>
    private async ValueTask<CloseReason> FollowAsync(HostConnection connection, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(options.ProbeTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await arbiter.WaitForPlaceAsync(connection, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return CloseReason.Duplicate;
        }
    }
}
