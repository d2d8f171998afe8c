using PoUW.Network.Identify;

namespace PoUW.Network.Hosting;

/// <summary>Admits every peer that speaks libp2p, known by identify: for hosts without a network of their own.</summary>
internal sealed class OpenAdmission(IdentifyService identify, PlaceArbiter arbiter) : IAdmission
{
    public async ValueTask<AdmissionOutcome> AdmitAsync(HostConnection connection, CancellationToken cancellation)
    {
        await identify.AskAsync(connection, cancellation);
        CloseReason refusal = arbiter.Decides(connection.Peer)
            ? await arbiter.DecideAsync(connection, cancellation)
            : await arbiter.WaitForPlaceAsync(connection, cancellation);
        return new AdmissionOutcome(refusal);
    }
}
