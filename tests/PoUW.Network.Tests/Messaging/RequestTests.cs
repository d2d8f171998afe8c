using System.Buffers.Binary;
using System.Text;
using PoUW.Network.Framing;
using PoUW.Network.Messaging;
using PoUW.Network.Sessions;
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
        Assert.That(most, Is.InRange(1, b.Node.Options.MaxInboundRequests));
        Assert.That(b.Node.Statistics.RequestsServed, Is.EqualTo(2000));
    }

    [Test]
    public async Task LargeAnswersBothWaysDoNotBlockEachOther()
    {
        NetworkOptions options = new() { BulkQueueBytes = 1_000_000 };
        await using TestNetwork network = TestNetwork.InMemory();
        (TestNode a, TestNode b) = await PairAsync(network, options);
        byte[] large = new byte[1_000_000];
        a.Node.Serve(Echo, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(large));
        b.Node.Serve(Echo, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(large));
        RequestResult[] answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? AskAsync(a, b, [1]) : AskAsync(b, a, [1]))).InTime();
        Assert.That(answers.All(static answer => answer.Response.Length == 1_000_000), Is.True);
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
        NetworkOptions options = new() { MaxRequestBytes = 100, MaxResponseBytes = 1000, MaxChunkBytes = 1000 };
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
        TestNode a = await network.AddAsync(1, new NetworkOptions { MaxResponseBytes = 1000, MaxRequestBytes = 1000, MaxChunkBytes = 1000 });
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
        (TestNode a, TestNode b) = await PairAsync(network, new NetworkOptions { MaxOutstandingRequests = 2 });
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
        TestNode node = await network.AddAsync(1, new NetworkOptions { MaxInboundRequests = 2 });
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Node.Serve(Echo, async (_, request, _) =>
        {
            await open.Task;
            return request;
        });
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        for (uint id = 0; id < 3; id++)
        {
            await peer.SendAsync(FrameType.Request, Request(id, Echo));
        }

        (FrameType type, byte[] body) = await peer.ReadAsync();
        Assert.That((type, body), Is.EqualTo((FrameType.Response, new byte[] { 0, 0, 0, 2, (byte)RequestStatus.Refused })));
        open.SetResult();
        Assert.That((await peer.ReadAsync()).Body[4], Is.EqualTo((byte)RequestStatus.Ok));
        Assert.That((await peer.ReadAsync()).Body[4], Is.EqualTo((byte)RequestStatus.Ok));
    }

    [Test]
    public async Task AReusedIdEndsTheSession()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        node.Node.Serve(Echo, static async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return null;
        });
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        await peer.SendAsync(FrameType.Request, Request(7, Echo));
        await peer.SendAsync(FrameType.Request, Request(7, Echo));
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(CloseReason.ProtocolViolation));
    }

    [TestCase(FrameType.Request, new byte[] { 0, 0, 0, 1 }, CloseReason.Malformed)]
    [TestCase(FrameType.Request, new byte[] { 0, 0, 0, 1, 0 }, CloseReason.Malformed)]
    [TestCase(FrameType.Request, new byte[] { 0, 0, 0, 1, 5, 65 }, CloseReason.Malformed)]
    [TestCase(FrameType.Response, new byte[] { 0, 0, 0, 1 }, CloseReason.Malformed)]
    [TestCase(FrameType.Response, new byte[] { 0, 0, 0, 1, 100 }, CloseReason.Malformed)]
    [TestCase(FrameType.Cancel, new byte[] { 0 }, CloseReason.Malformed)]
    [TestCase(FrameType.Close, new byte[] { }, CloseReason.Malformed)]
    [TestCase(FrameType.Hello, new byte[] { 1 }, CloseReason.ProtocolViolation)]
    [TestCase(FrameType.Ready, new byte[] { }, CloseReason.ProtocolViolation)]
    public async Task BadFramesEndTheSession(FrameType type, byte[] body, CloseReason expected)
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        await peer.SendAsync(type, body);
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(expected));
        await peer.Connection.CloseAsync();
        await node.Disconnected.WaitForAsync(end => end.Reason == expected);
    }

    [Test]
    public async Task TooLongFramesEndTheSession()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        await peer.SendRawAsync([0x7F, 0, 0, 0, (byte)FrameType.Response]);
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(CloseReason.TooLarge));
    }

    [Test]
    public async Task UnknownAnswersAndCancelsAreHarmless()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        node.Node.Serve(Echo, static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request));
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        await peer.SendAsync(FrameType.Response, [0, 0, 0, 9, 0, 1, 2, 3]);
        await peer.SendAsync(FrameType.Cancel, [0, 0, 0, 9]);
        await peer.SendAsync(FrameType.Request, Request(1, Echo));
        Assert.That((await peer.ReadAsync()).Body, Is.EqualTo(new byte[] { 0, 0, 0, 1, 0 }));
    }

    [Test]
    public async Task APeerThatDoesNotReadItsRefusalsIsDropped()
    {
        await using TestNetwork network = TestNetwork.InMemory(pipeBytes: 4096);
        TestNode node = await network.AddAsync(1, new NetworkOptions { UrgentQueueBytes = 1000, QueueFrames = 50 });
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        Exception? end = null;
        for (uint id = 0; id < 100_000 && end is null; id++)
        {
            try
            {
                await peer.SendAsync(FrameType.Request, Request(id, "unknown"));
                end = node.Disconnected.Items.Count > 0 ? new InvalidOperationException("gone") : null;
            }
            catch (NetworkException failure)
            {
                end = failure;
            }
        }

        await node.Disconnected.WaitForAsync(item => item.Reason == CloseReason.ProtocolViolation);
    }

    [Test]
    public async Task RandomFramesLeaveTheNodeAlive()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1, new NetworkOptions { FaultsBeforeBan = int.MaxValue });
        node.Collect("t");
        node.Node.Serve("e", static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request));
        Random random = new(1234);
        for (int round = 0; round < 300; round++)
        {
            await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
            for (int frames = 0; frames < 20 && node.Disconnected.Items.Count == round; frames++)
            {
                byte[] body = new byte[random.Next(60)];
                random.NextBytes(body);
                "\u0001t"u8.CopyTo(body.Length > 2 && random.Next(2) == 0 ? body : new byte[2]);
                try
                {
                    await peer.SendAsync((FrameType)random.Next(4, 8), body);
                }
                catch (NetworkException)
                {
                    break;
                }
            }

            await peer.Connection.CloseAsync();
            await node.Disconnected.WaitForCountAsync(round + 1);
        }

        TestNode good = await network.AddAsync(2);
        await good.ConnectAsync(node);
        Assert.That(await StatusAsync(good, node, "e"), Is.EqualTo(RequestStatus.Ok));
        Assert.That(node.Observer.Events.Items.Any(e => e.Kind == NetworkEventKind.InternalFailure), Is.False);
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

    private static byte[] Request(uint id, string protocol)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, id);
        return [.. number, (byte)protocol.Length, .. Encoding.ASCII.GetBytes(protocol)];
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (seen < value)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
