namespace PoUW.Network.Hosting;

/// <summary>Decides whether the peer of a new connection becomes one of the host's peers.</summary>
internal interface IAdmission
{
    /// <summary>
    /// Talks with the peer and takes its place. The token is cancelled at the handshake's deadline and when the connection ends.
    /// </summary>
    /// <returns>None if the peer's place is reserved for the connection.</returns>
    /// <exception cref="NetworkException">The connection broke, or the peer broke a protocol.</exception>
    ValueTask<AdmissionOutcome> AdmitAsync(HostConnection connection, CancellationToken cancellation);
}
