using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PoUW.Benchmarks.Network;

/// <summary>The peer of the stream figures: the platform's TLS 1.3 over a socket on loopback, both certificates shown, and nothing else.</summary>
internal sealed class SslLoopback : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate;

    private SslLoopback(SslStream writer, SslStream reader, X509Certificate2 certificate)
    {
        (Writer, Reader, _certificate) = (writer, reader, certificate);
    }

    internal SslStream Writer { get; }

    internal SslStream Reader { get; }

    internal static async Task<SslLoopback> OpenAsync()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task<Socket> accepting = listener.AcceptSocketAsync();
        Socket dialed = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await dialed.ConnectAsync(listener.LocalEndpoint);
        Socket accepted = await accepting;
        accepted.NoDelay = true;

        X509Certificate2 certificate = MakeCertificate();
        SslStream client = new(new NetworkStream(dialed, ownsSocket: true));
        SslStream server = new(new NetworkStream(accepted, ownsSocket: true));
        Task serving = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "",
            ClientCertificates = [certificate],
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        await serving;
        return new SslLoopback(client, server, certificate);
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Reader.DisposeAsync();
        _certificate.Dispose();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=benchmark", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
