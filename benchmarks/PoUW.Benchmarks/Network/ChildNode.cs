using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Benchmarks.Network;

/// <summary>
/// One node of a fleet, in a process of its own: does what the lines on standard input say and answers on standard output. Time stamps are those of the
/// machine's monotonic clock, which all processes share.
/// </summary>
internal sealed class ChildNode : IAsyncDisposable
{
    /// <summary>The word on the command line that makes a process one of these; not for people.</summary>
    internal const string Verb = "--network-node";

    private const string Topic = "bench/gossip/1";
    private const int MessageBytes = 1024;

    private readonly ConcurrentQueue<double> _latencies = new();
    private readonly NetworkNode _node;
    private readonly SyncedNode? _synced;
    private readonly BlobWorkload? _blobs;

    private ChildNode(NetworkNode node, SyncedNode? synced, BlobWorkload? blobs)
    {
        (_node, _synced, _blobs) = (node, synced, blobs);
        _node.Subscribe(Topic, OnMessageAsync);
    }

    /// <summary>Runs a node until the input ends or says so.</summary>
    /// <param name="role">"gossip", or "blocks" for a chain besides.</param>
    internal static async Task<int> RunAsync(string role)
    {
        (ChildNode child, Multiaddr address) = role == "blocks" ? await StartWithChainAsync() : await StartAsync();
        await using ChildNode owned = child;
        Say($"READY {address}");
        while (await Console.In.ReadLineAsync() is { } line && line != "QUIT")
        {
            await child.DoAsync(line.Split(' '));
        }

        return 0;
    }

    public ValueTask DisposeAsync() => _synced?.DisposeAsync() ?? _node.DisposeAsync();

    private static async Task<(ChildNode Child, Multiaddr Address)> StartAsync()
    {
        NetworkNode node = new(
            new TcpTransport(), Hash256.Zero, new NetworkOptions(), TimeProvider.System, new ThreadPoolSpawner(), new CryptographicRandomSource(),
            new OpenPeerAuthorizer(), new NullNetworkObserver());
        return (new ChildNode(node, null, null), await node.ListenAsync(Multiaddr.Tcp(new IPEndPoint(IPAddress.Loopback, 0))));
    }

    private static async Task<(ChildNode Child, Multiaddr Address)> StartWithChainAsync()
    {
        BlobWorkload blobs = new();
        SyncedNode synced = await SyncedNode.StartAsync(blobs.Chain);
        synced.Sync.BlockAccepted += static block => Say($"BLOCK {block.Header.Height} {Stopwatch.GetTimestamp()}");
        return (new ChildNode(synced.Node, synced, blobs), synced.Address);
    }

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }

    private async Task DoAsync(string[] words)
    {
        switch (words[0])
        {
            case "DIAL":
                ConnectResult result = await _node.ConnectAsync(Multiaddr.Parse(words[1]));
                Say($"DIALED {result.Reason}");
                break;
            case "CPU":
                using (Process process = Process.GetCurrentProcess())
                {
                    Say(string.Create(CultureInfo.InvariantCulture, $"CPU {process.TotalProcessorTime.TotalMilliseconds:F0}"));
                }

                break;
            case "GOSSIP":
                await PublishAsync(Number(words[1]), Number(words[2]), Number(words[3]));
                Say("DONE");
                break;
            case "REPORT":
                Say($"LATENCIES {string.Join(' ', _latencies.Select(static latency => latency.ToString("F0", CultureInfo.InvariantCulture)))}");
                _latencies.Clear();
                break;
            case "PRODUCE":
                Block block = _blobs!.Make();
                Say($"PUBLISHED {block.Header.Height} {Stopwatch.GetTimestamp()}");
                _synced!.Publish(block);
                break;
            default:
                throw new InvalidOperationException($"'{words[0]}' is no command.");
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private async Task PublishAsync(int count, int intervalMilliseconds, int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < count; i++)
        {
            await Task.Delay(random.Next(2 * intervalMilliseconds));
            byte[] message = new byte[MessageBytes];
            random.NextBytes(message);
            BinaryPrimitives.WriteInt64LittleEndian(message, Stopwatch.GetTimestamp());
            await _node.PublishAsync(Topic, message);
        }
    }

    private ValueTask<GossipVerdict> OnMessageAsync(PeerId peer, ReadOnlyMemory<byte> message)
    {
        _latencies.Enqueue(Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(message.Span)).TotalMicroseconds);
        return ValueTask.FromResult(GossipVerdict.Accept);
    }
}
