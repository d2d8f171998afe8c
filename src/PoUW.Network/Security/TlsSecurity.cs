using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Streams;
using PublicKey = PoUW.Network.Identity.PublicKey;

namespace PoUW.Network.Security;

/// <summary>
/// <c>/tls/1.0.0</c> (libp2p specification, tls): TLS 1.3 by the platform, with a self-signed certificate on both sides that carries the peer's
/// identity; the muxer is agreed in the handshake (ALPN). No name is sent, no session is resumed, no certificate authority, revocation list or
/// network is asked. The result proves the peer's id. A dialer's handshake ends before the listener has verified the dialer: only what the
/// listener sends afterwards shows that it took it. Not for the simulator: the platform's randomness makes no two runs the same. Thread-safe.
/// </summary>
public sealed class TlsSecurity : ISecurityProtocol, IDisposable
{
    private static readonly SslApplicationProtocol NoMuxer = new("libp2p");

    private readonly IdentityVerifier _verifier;
    private readonly TimeProvider _time;
    private readonly TlsCertificateSource _certificates;

    /// <summary>Secures connections as a peer.</summary>
    /// <param name="identity">This node's key; it belongs to the caller.</param>
    /// <param name="verifier">Verifies the keys of peers.</param>
    /// <param name="time">The clock for the validity of certificates.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="TlsSecurityOptions.Validate"/>.</exception>
    public TlsSecurity(IdentityKey identity, IdentityVerifier verifier, TimeProvider time, TlsSecurityOptions? options = null)
    {
        TlsSecurityOptions limits = options ?? new TlsSecurityOptions();
        ValidationResult valid = limits.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_verifier, _time) = (verifier, time);
        _certificates = new TlsCertificateSource(identity, time, limits);
    }

    /// <inheritdoc/>
    public string ProtocolId => "/tls/1.0.0";

    /// <inheritdoc/>
    public async ValueTask<SecureChannel> SecureAsync(
        IDuplexStream stream, bool isDialer, PeerId? expected, IReadOnlyList<string> muxers, CancellationToken cancellation)
    {
        SslStream tls = new(new DuplexStreamAdapter(stream), leaveInnerStreamOpen: true);
        TlsPeerCheck check = new(_verifier, _time, expected);
        try
        {
            await (isDialer
                ? tls.AuthenticateAsClientAsync(ClientOptions(muxers, check), cancellation)
                : tls.AuthenticateAsServerAsync(ServerOptions(muxers, check), cancellation));
            PublicKey key = check.Key ?? throw new AuthenticationException("The peer gave no certificate.");
            return new SecureChannel(new TlsStream(tls, stream), PeerId.Of(key), key, EarlyMuxer(tls, muxers));
        }
        catch (Exception failure)
        {
            await stream.CloseAsync();
            await tls.DisposeAsync();
            if (Translate(failure, check) is { } translated)
            {
                throw translated;
            }

            throw;
        }
    }

    /// <summary>Forgets the certificate's key. Connections that exist go on.</summary>
    public void Dispose() => _certificates.Dispose();

    private static List<SslApplicationProtocol> Protocols(IReadOnlyList<string> muxers) =>
        [.. muxers.Select(muxer => new SslApplicationProtocol(muxer)), NoMuxer];

    private static string? EarlyMuxer(SslStream tls, IReadOnlyList<string> muxers)
    {
        // Nothing agreed, by a dialer without the extension, is like "libp2p": the muxer is negotiated on the secured stream.
        string agreed = Encoding.ASCII.GetString(tls.NegotiatedApplicationProtocol.Protocol.Span);
        return muxers.Contains(agreed) ? agreed : null;
    }

    /// <summary>Without this, the platform would look for the issuers of a stranger's certificate, even in the network.</summary>
    private static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
        VerificationFlags = X509VerificationFlags.AllFlags,
    };

    /// <returns>What the caller gets; null for what is passed on as it is: the end of the token, and errors of this code.</returns>
    private static NetworkException? Translate(Exception failure, TlsPeerCheck check)
    {
        if (!check.Result.IsValid)
        {
            return new NetworkException(NetworkError.HandshakeFailed, $"TLS: {check.Result}", failure);
        }

        if ((failure as NetworkException ?? failure.InnerException as NetworkException) is { } below)
        {
            return new NetworkException(below.Error, $"TLS: {below.Message}", failure);
        }

        return failure is AuthenticationException or IOException or CryptographicException
            ? new NetworkException(NetworkError.HandshakeFailed, $"TLS: {(failure.InnerException ?? failure).Message}", failure)
            : null;
    }

    private SslClientAuthenticationOptions ClientOptions(IReadOnlyList<string> muxers, TlsPeerCheck check) => new()
    {
        // An empty name is not sent.
        TargetHost = "",
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = Protocols(muxers),
        ClientCertificateContext = _certificates.Get(),
        RemoteCertificateValidationCallback = check.Validate,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoChain(),

        // A resumed session would skip the certificate.
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    private SslServerAuthenticationOptions ServerOptions(IReadOnlyList<string> muxers, TlsPeerCheck check) => new()
    {
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = Protocols(muxers),
        ServerCertificateContext = _certificates.Get(),
        RemoteCertificateValidationCallback = check.Validate,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoChain(),
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };
}
