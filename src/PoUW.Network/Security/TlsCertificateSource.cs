using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PoUW.Network.Identity;

namespace PoUW.Network.Security;

/// <summary>
/// Makes the certificates of this node: a fresh P-256 key each, tied to the identity. One serves all handshakes until half its lifetime is over.
/// Thread-safe.
/// </summary>
internal sealed class TlsCertificateSource(IdentityKey identity, TimeProvider time, TlsSecurityOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private SslStreamCertificateContext? _current;
    private DateTimeOffset _renewAt;

    /// <summary>The certificate for a handshake that begins now.</summary>
    public SslStreamCertificateContext Get()
    {
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();

            // A clock that was set back makes the current one "not yet valid" for others.
            bool isFresh = _current is not null && now < _renewAt && now >= _renewAt - (options.CertificateLifetime / 2) - options.ClockTolerance;
            if (!isFresh)
            {
                // Handshakes under way still use the old one: the collector takes it.
                _current = SslStreamCertificateContext.Create(Create(now), additionalCertificates: null, offline: true);
                _renewAt = now + (options.CertificateLifetime / 2);
            }

            return _current!;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _current?.TargetCertificate.Dispose();
            _current = null;
        }
    }

    private X509Certificate2 Create(DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("O=libp2p.io", key, HashAlgorithmName.SHA256);

        // First among the extensions: js-libp2p looks there and nowhere else.
        byte[] extension = PeerCertificate.CreateExtension(identity, key.ExportSubjectPublicKeyInfo());
        request.CertificateExtensions.Add(new X509Extension(PeerCertificate.ExtensionId, extension, critical: false));
        X509Certificate2 certificate = request.CreateSelfSigned(now - options.ClockTolerance, now + options.CertificateLifetime);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // Windows' TLS does not take keys that live in memory only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
        }
    }
}
