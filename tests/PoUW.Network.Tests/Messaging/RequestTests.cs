using PoUW.Network.Chunks;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Requests;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Messaging;

internal sealed class RequestTests
{
    private const string Echo = "echo";

    [TestCase(false)]
    [TestCase(true)]
    public async Task ManyRequestsOnOneConnection(bool tcp)
    {
        await using TestNetwork network = tcp ? TestNetwork.Tcp() : TestNetwork.InMemory();
        (TestNode a, TestNode b) = await PairAsync(network);
        int atOnce = 0;
        int most = 0;
        b.Node.Serve(Echo, async (_, request, _) =>
        {
            int now = Interlocked.Increment(ref atOnce);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Decrement(ref atOnce);
            return request;
        });
        Random random = new(5);
        byte[][] requests = [.. Enumerable.Range(0, 2000).Select(i => BitConverter.GetBytes(i).Concat(new byte[random.Next(5000)]).ToArray())];
        RequestResult[] answers = await Task.WhenAll(requests.Select(request => AskAsync(a, b, request))).InTime();
        Assert.That(answers.Select(static answer => answer.Status), Is.All.EqualTo(RequestStatus.Ok));
        Assert.That(answers.Zip(requests).All(pair => pair.First.Response.Span.SequenceEqual(pair.Second)), Is.True);
        Assert.That(most, Is.InRange(1, b.Node.Options.Requests.MaxInbound));
        Assert.That(b.Node.Statistics.RequestsServed, Is.EqualTo(2000));
    }

    [Test]
    public async Task LargeAnswersBothWaysDoNotBlockEachOther()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        (TestNode a, TestNode b) = await PairAsync(network);
        byte[] large = new byte[1_000_000];
        a.Node.Serve(Echo, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(large));
        b.Node.Serve(Echo, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(large));
        RequestResult[] answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? AskAsync(a, b, [1]) : AskAsync(b, a, [1]))).InTime();
        Assert.That(answers.All(static answer => answer.Response.Length == 1_000_000), Is.True);
    }

    [Test]
    public async Task AnswersThatNobodyReadsTakeTheMemoryOfThePeer()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        ResourceOptions resources = new() { ProtocolPeer = new ResourceLimit { MemoryBytes = 1_000_000 } };
        TestNode node = await network.AddAsync(1, new NetworkOptions { Guards = new GuardOptions { Resources = resources } });
        node.Node.Serve(Echo, static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[600_000]));
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 2);
        BufferedDuplexStream first = await AskRawAsync(peer);
        byte[] status = new byte[1];
        await DelimitedMessages.TryFillAsync(first, status, CancellationToken.None).InTime();
        Assert.That((RequestStatus)status[0], Is.EqualTo(RequestStatus.Ok));
        BufferedDuplexStream second = await AskRawAsync(peer);
        await DelimitedMessages.TryFillAsync(second, status, CancellationToken.None).InTime();
        Assert.That((RequestStatus)status[0], Is.EqualTo(RequestStatus.Refused));
        await DelimitedMessages.ReadAsync(first, 600_000, CancellationToken.None).InTime();
    }

    private static async Task<BufferedDuplexStream> AskRawAsync(RawPeer peer)
    {
        BufferedDuplexStream stream = await peer.OpenAsync(RequestNames.ProtocolOf(TestNetwork.Genesis, Echo));
        await stream.WriteAsync(DelimitedMessages.Encode([1]), CancellationToken.None);
        return stream;
    }

    [Test]
    public async Task ATimeoutIsOnTheClockAndCancelsTheHandler()
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        (TestNode a, TestNode b) = await PairAsync(network);
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        b.Node.Serve(Echo, async (_, _, cancellation) =>
        {
            using CancellationTokenRegistration registration = cancellation.Register(() => cancelled.TrySetResult());
            started.TrySetResult();
            await cancelled.Task;
            return new byte[1];
        });
        Task<RequestResult> request = a.Node.RequestAsync(b.Node.Id, Echo, default, TimeSpan.FromSeconds(5)).AsTask();
        await started.Task.InTime();
        time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.That(request.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.That((await request.InTime()).Status, Is.EqualTo(RequestStatus.Timeout));
        await cancelled.Task.InTime();
    }

    [Test]
    public async Task TheCallerCanCancel()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        (TestNode a, TestNode b) = await PairAsync(network);
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        b.Node.Serve(Echo, async (_, _, cancellation) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return null;
        });
        using CancellationTokenSource cancel = new();
        Task<RequestResult> request = a.Node.RequestAsync(b.Node.Id, Echo, default, Deadline.Limit, cancel.Token).AsTask();
        await started.Task.InTime();
        cancel.Cancel();
        Assert.That(async () => await request.InTime(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task EveryOutcomeHasAStatus()
    {
        NetworkOptions options = Small(100);
        await using TestNetwork network = TestNetwork.InMemory();
        (TestNode a, TestNode b) = await PairAsync(network, options);
        b.Node.Serve("null", static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(null));
        b.Node.Serve("empty", static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(ReadOnlyMemory<byte>.Empty));
        b.Node.Serve("large", static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[1001]));
        b.Node.Serve("throw", static (_, _, _) => throw new InvalidOperationException("host"));
        Assert.That(await StatusAsync(a, b, "null"), Is.EqualTo(RequestStatus.NotFound));
        Assert.That(await StatusAsync(a, b, "unknown"), Is.EqualTo(RequestStatus.NotFound));
        Assert.That(await StatusAsync(a, b, "empty"), Is.EqualTo(RequestStatus.Ok));
        Assert.That(await StatusAsync(a, b, "large"), Is.EqualTo(RequestStatus.TooLarge));
        Assert.That(await StatusAsync(a, b, "throw"), Is.EqualTo(RequestStatus.Refused));
        Assert.That(await StatusAsync(a, b, "empty", new byte[101]), Is.EqualTo(RequestStatus.TooLarge));
        RequestResult nobody = await a.Node.RequestAsync(TestNetwork.IdOf(99), Echo, default, Deadline.Limit).InTime();
        Assert.That(nobody.Status, Is.EqualTo(RequestStatus.Disconnected));
        await b.Observer.WaitForAsync(NetworkEventKind.HandlerFailed);
        Assert.That(b.Node.Peers, Has.Count.EqualTo(1), "nobody was at fault");
    }

    [Test]
    public async Task APeersLargerLimitsDoNotBindUs()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode a = await network.AddAsync(1, Small(1000));
        TestNode b = await network.AddAsync(2);
        await a.ConnectAsync(b);
        a.Node.Serve(Echo, static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request));
        b.Node.Serve(Echo, static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[5000]));
        Assert.That(await StatusAsync(a, b, Echo), Is.EqualTo(RequestStatus.TooLarge));
        Assert.That(await StatusAsync(b, a, Echo, new byte[2000]), Is.EqualTo(RequestStatus.TooLarge));
        Assert.That(await StatusAsync(b, a, Echo, new byte[1000]), Is.EqualTo(RequestStatus.Ok), "the session goes on");
    }

    [Test]
    public async Task ADisconnectEndsWhatIsPending()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        (TestNode a, TestNode b) = await PairAsync(network, new NetworkOptions { Requests = new RequestOptions { MaxOutstanding = 2 } });
        Collector<int> started = new();
        b.Node.Serve(Echo, async (_, _, cancellation) =>
        {
            started.Add(1);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return null;
        });
        Task<RequestResult>[] pending = [.. Enumerable.Range(0, 5).Select(_ => AskAsync(a, b, [1]))];
        await started.WaitForCountAsync(2);
        await b.Node.DisconnectAsync(a.Node.Id).InTime();
        RequestResult[] results = await Task.WhenAll(pending).InTime();
        Assert.That(results.Select(static result => result.Status), Is.All.EqualTo(RequestStatus.Disconnected));
        Assert.That(started.Items, Has.Count.EqualTo(2), "no more than two were outstanding");
    }

    [Test]
    public async Task RequestsAboveTheLimitAreRefused()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1, new NetworkOptions { Requests = new RequestOptions { MaxInbound = 2 } });
        Collector<int> started = new();
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Node.Serve(Echo, async (_, request, _) =>
        {
            started.Add(1);
            await open.Task;
            return request;
        });
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        BufferedDuplexStream[] streams = [await SendAsync(peer, [1]), await SendAsync(peer, [2])];
        await started.WaitForCountAsync(2);
        BufferedDuplexStream third = await SendAsync(peer, [3]);
        Assert.That(await ReadToEndAsync(third), Is.EqualTo(new[] { (byte)RequestStatus.Refused }));
        open.SetResult();
        Assert.That(await ReadToEndAsync(streams[0]), Is.EqualTo(new byte[] { 0, 1, 1 }), "status, length, response");
        Assert.That(await ReadToEndAsync(streams[1]), Is.EqualTo(new byte[] { 0, 1, 2 }));
    }

    [Test]
    public async Task AResetTakesTheRequestBack()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Node.Serve(Echo, async (_, _, cancellation) =>
        {
            using CancellationTokenRegistration registration = cancellation.Register(() => cancelled.TrySetResult());
            started.TrySetResult();
            await cancelled.Task;
            return null;
        });
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        BufferedDuplexStream stream = await SendAsync(peer, [1]);
        await started.Task.InTime();
        peer.Reset(stream);
        await cancelled.Task.InTime();
    }

    [Test]
    public async Task ARequestThatNeverArrivesEndsAtItsDeadline()
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode node = await network.AddAsync(1);
        node.Node.Serve(Echo, static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request));
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        BufferedDuplexStream stream = await peer.OpenAsync(RequestNames.ProtocolOf(TestNetwork.Genesis, Echo));
        await stream.WriteAsync(new byte[] { 100, 1, 2, 3 }, CancellationToken.None);
        await time.WaitForTimerAsync(node.Node.Options.Requests.ReceiveTimeout);
        time.Advance(node.Node.Options.Requests.ReceiveTimeout);
        Assert.That(async () => await ReadToEndAsync(stream), Throws.InstanceOf<NetworkException>());
        await node.Observer.WaitForAsync(NetworkEventKind.StreamFailed);
    }

    [Test]
    public async Task AnAnswerThatIsNoneIsPunished()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        (TestNode a, TestNode b) = await PairAsync(network, new NetworkOptions { Host = new HostOptions { FaultsBeforeBan = 2 } });
        b.Node.Host.Handle(RequestNames.ProtocolOf(TestNetwork.Genesis, "status"), static async (stream, cancellation) =>
        {
            await stream.ReadAsync(new byte[10], cancellation);
            await stream.WriteAsync(new byte[] { 99 }, cancellation);
            await stream.CloseAsync();
        });
        b.Node.Host.Handle(RequestNames.ProtocolOf(TestNetwork.Genesis, "cut"), static async (stream, cancellation) =>
        {
            await stream.ReadAsync(new byte[10], cancellation);
            await stream.WriteAsync(new byte[] { 0, 10, 1 }, cancellation);
            await stream.CloseWritingAsync();
        });
        Assert.That(await StatusAsync(a, b, "status"), Is.EqualTo(RequestStatus.Refused));
        Assert.That(a.Node.Peers, Has.Count.EqualTo(1));
        await StatusAsync(a, b, "cut");
        await b.Disconnected.WaitForAsync(end => end.Reason == CloseReason.Banned);
    }

    [Test]
    public async Task RandomRequestsLeaveTheNodeAlive()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        node.Node.Serve(Echo, static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request));
        Random random = new(1234);
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        for (int round = 0; round < 200; round++)
        {
            BufferedDuplexStream stream = await peer.OpenAsync(RequestNames.ProtocolOf(TestNetwork.Genesis, Echo));
            byte[] body = new byte[random.Next(1, 60)];
            random.NextBytes(body);
            await stream.WriteAsync(body, CancellationToken.None);
            await stream.CloseWritingAsync();
        }

        TestNode good = await network.AddAsync(2);
        await good.ConnectAsync(node);
        Assert.That(await StatusAsync(good, node, Echo), Is.EqualTo(RequestStatus.Ok));
        Assert.That(node.Observer.Events.Items.Any(e => e.Kind == NetworkEventKind.InternalFailure), Is.False);
    }

    [Test]
    public void NamesBelongToANetwork()
    {
        Assert.That(RequestNames.ProtocolOf(TestNetwork.Genesis, "pouw/chunk/1"), Does.Match("^/pouw/[0-9a-f]{8}/chunk/1$"));
        Assert.That(RequestNames.ProtocolOf(TestNetwork.Genesis, "x"), Is.Not.EqualTo(RequestNames.ProtocolOf(default, "x")));
        Assert.That(() => RequestNames.ProtocolOf(default, "a b"), Throws.ArgumentException);
        Assert.That(() => RequestNames.ProtocolOf(default, new string('x', 65)), Throws.ArgumentException);
    }

    private static NetworkOptions Small(int request) => new()
    {
        Requests = new RequestOptions { MaxRequestBytes = request, MaxResponseBytes = 1000 },
        Chunks = new ChunkOptions { MaxChunkBytes = 1000 },
    };

    private static async Task<BufferedDuplexStream> SendAsync(RawPeer peer, byte[] request)
    {
        BufferedDuplexStream stream = await peer.OpenAsync(RequestNames.ProtocolOf(TestNetwork.Genesis, Echo));
        await stream.WriteAsync(DelimitedMessages.Encode(request), CancellationToken.None);
        return stream;
    }

    private static async Task<byte[]> ReadToEndAsync(BufferedDuplexStream stream)
    {
        byte[] buffer = new byte[1000];
        int filled = 0;
        while (await stream.ReadAsync(buffer.AsMemory(filled), CancellationToken.None).InTime() is > 0 and int count)
        {
            filled += count;
        }

        return buffer[..filled];
    }

    private static async Task<(TestNode A, TestNode B)> PairAsync(TestNetwork network, NetworkOptions? options = null)
    {
        TestNode a = await network.AddAsync(1, options);
        TestNode b = await network.AddAsync(2, options);
        await a.ConnectAsync(b);
        return (a, b);
    }

    private static Task<RequestResult> AskAsync(TestNode from, TestNode to, byte[] request) =>
        from.Node.RequestAsync(to.Node.Id, Echo, request, Deadline.Limit).AsTask();

    private static async Task<RequestStatus> StatusAsync(TestNode from, TestNode to, string protocol, byte[]? request = null) =>
        (await from.Node.RequestAsync(to.Node.Id, protocol, request ?? [], Deadline.Limit).InTime()).Status;

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (seen < value)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
