using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PoUW.Network.Identity;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PublicKey = PoUW.Network.Identity.PublicKey;

namespace PoUW.Network.Tests.Security;

/// <summary>TLS that gives any certificate and takes any, for peers that do not follow the rules.</summary>
internal sealed class RawTls(X509Certificate2? certificate) : ISecurityProtocol
{
    public X509Certificate2Collection Others { get; init; } = [];

    public SslProtocols Protocols { get; init; } = SslProtocols.Tls13;

    public string[] Applications { get; init; } = ["libp2p"];

    public string ProtocolId => "/tls/1.0.0";

    public async ValueTask<SecureChannel> SecureAsync(
        IDuplexStream stream, bool isDialer, PeerId? expected, IReadOnlyList<string> muxers, CancellationToken cancellation)
    {
        SslStream tls = new(new Adapter(stream));
        SslStreamCertificateContext? context = certificate is null ? null : SslStreamCertificateContext.Create(certificate, Others, offline: true);
        List<SslApplicationProtocol>? applications = Applications.Length == 0 ? null : [.. Applications.Select(name => new SslApplicationProtocol(name))];
        try
        {
            await (isDialer
                ? tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = "",
                        EnabledSslProtocols = Protocols,
                        ApplicationProtocols = applications,
                        ClientCertificateContext = context,
                        RemoteCertificateValidationCallback = (_, _, _, _) => true,
                    },
                    cancellation)
                : tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ClientCertificateRequired = true,
                        EnabledSslProtocols = Protocols,
                        ApplicationProtocols = applications,
                        ServerCertificateContext = context,
                        RemoteCertificateValidationCallback = (_, _, _, _) => true,
                    },
                    cancellation));
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException)
        {
            await stream.CloseAsync();
            throw new NetworkException(NetworkError.HandshakeFailed, failure.Message, failure);
        }

        PublicKey anyone = new(KeyType.Ed25519, new byte[32]);
        return new SecureChannel(new Secured(tls, stream), PeerId.Of(anyone), anyone, tls.NegotiatedApplicationProtocol.ToString());
    }

    private sealed class Secured(SslStream tls, IDuplexStream below) : IDuplexStream
    {
        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
        {
            try
            {
                return await tls.ReadAsync(destination, cancellation);
            }
            catch (IOException failure)
            {
                throw new NetworkException(NetworkError.Closed, failure.Message, failure);
            }
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) => tls.WriteAsync(source, cancellation);

        public ValueTask CloseWritingAsync() => below.CloseWritingAsync();

        public ValueTask CloseAsync() => below.CloseAsync();

        public ValueTask DisposeAsync() => CloseAsync();
    }

    private sealed class Adapter(IDuplexStream below) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => 0;

        public override long Position { get; set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await below.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            below.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
