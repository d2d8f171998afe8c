using System.Diagnostics;
using System.Text.Json;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Transports;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>
/// Sends a node invalid messages of gossip by the clock, each in an RPC of its own, in a process of its own. It speaks the protocol itself and keeps no rule
/// of gossip. When it is dropped it dials again, once under the same id, then under a fresh one.
/// </summary>
internal sealed class Flooder(Multiaddr target)
{
    /// <summary>The word on the command line that makes a process one of these; not for people.</summary>
    internal const string Verb = "--attack-flooder";

    /// <summary>Messages a second.</summary>
    internal const int Rate = 10_000;

    private const int MessageBytes = 128;

    private readonly TlsSecurityOptions _tls = new();
    private long _sent;
    private int _admitted;
    private int _refused;
    private int _ids;

    /// <summary>Floods until the input ends or says so; every other line is answered with what was done.</summary>
    internal static async Task<int> RunAsync(string target)
    {
        Flooder flooder = new(Multiaddr.Parse(target));
        using CancellationTokenSource stop = new();
        Console.WriteLine($"READY {target}");
        Task flooding = Task.Run(() => flooder.FloodAsync(stop.Token), CancellationToken.None);
        long start = Stopwatch.GetTimestamp();
        while (await Console.In.ReadLineAsync() is { } line && line != "QUIT")
        {
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            FlooderState state = new(seconds, Interlocked.Read(ref flooder._sent), flooder._admitted, flooder._refused, flooder._ids);
            Console.WriteLine($"STATE {JsonSerializer.Serialize(state)}");
        }

        await stop.CancelAsync();
        await flooding;
        return 0;
    }

    private async Task FloodAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using IdentityKey key = IdentityKey.Generate(new CryptographicRandomSource());
            using TlsSecurity tls = new(key, IdentityVerifier.Create(), TimeProvider.System, _tls);
            _ids++;
            await using Host host = MakeHost(key, tls);
            while (!stop.IsCancellationRequested && (await host.DialAsync(target, CancellationToken.None)).IsConnected)
            {
                _admitted++;
                await SendAsync(host, stop);
                await host.DisconnectAsync(target.Peer!.Value);
            }

            _refused++;
        }
    }

    /// <summary>Sends until the connection ends.</summary>
    private async Task SendAsync(Host host, CancellationToken stop)
    {
        byte[] message = new byte[MessageBytes];
        message[0] = AttackNode.Invalid;
        try
        {
            await using PeerStream stream = await host.OpenStreamAsync(target.Peer!.Value, [GossipProtocols.MeshsubV12], StreamPriority.Normal, stop);
            GossipRpc join = new() { Subscriptions = [new GossipSubscription(AttackNode.Topic, true)], Graft = [AttackNode.Topic] };
            await stream.WriteAsync(GossipRpcCodec.EncodeDelimited(join), stop);
            long start = Stopwatch.GetTimestamp();
            for (long here = 0; !stop.IsCancellationRequested;)
            {
                // What a late moment has missed comes at once.
                for (long due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * Rate); here < due; here++)
                {
                    BitConverter.TryWriteBytes(message.AsSpan(1), Interlocked.Increment(ref _sent));
                    GossipRpc rpc = new() { Messages = [new GossipMessage(AttackNode.Topic, message)] };
                    await stream.WriteAsync(GossipRpcCodec.EncodeDelimited(rpc), stop);
                }

                await Task.Delay(1, stop);
            }
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            // Dropped, or the end of the flood.
        }
    }

    private static async ValueTask SwallowAsync(IDuplexStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellation) > 0)
        {
        }
    }

    private static Host MakeHost(IdentityKey key, TlsSecurity tls)
    {
        Host host = new(new HostSetup
        {
            Identity = key,
            Transports = [new HostTransport(new TcpTransport(), [tls])],
            Muxers = [new YamuxMuxerFactory(new YamuxOptions(), TimeProvider.System, new ThreadPoolSpawner())],
            Time = TimeProvider.System,
            Spawner = new ThreadPoolSpawner(),
            Random = new CryptographicRandomSource(),
            Hello = new HelloSetup
            {
                NetworkId = AttackNode.Genesis,
                Authorizer = new OpenPeerAuthorizer(),
                VerifyBinding = static (ReadOnlyMemory<byte> _, PeerId _, out Address? account) =>
                {
                    account = null;
                    return ValidationResult.Ok;
                },
            },
        });
        host.Handle(GossipProtocols.MeshsubV12, (stream, cancellation) => SwallowAsync(stream, cancellation).AsTask());
        return host;
    }
}
