using System.Net;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Transports;

/// <summary>What the links of a modelled network do, in virtual time.</summary>
internal sealed class NetworkModelTests
{
    private static readonly LinkProperties TenMilliseconds = new() { Latency = TimeSpan.FromMilliseconds(10) };

    [Test]
    public void ADialTakesARoundTripAndAByteOneWay() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        Assert.That(world.Time.Now, Is.EqualTo(TimeSpan.FromMilliseconds(20)));
        await ends.A.WriteAsync(new byte[1], default);
        Assert.That(await ends.B.ReadAsync(new byte[1], default), Is.EqualTo(1));
        Assert.That(world.Time.Now, Is.EqualTo(TimeSpan.FromMilliseconds(30)));
        await ends.A.CloseAsync();
        Assert.That(await ends.B.ReadAsync(new byte[1], default), Is.Zero);
        Assert.That(world.Time.Now, Is.EqualTo(TimeSpan.FromMilliseconds(40)));
        Assert.That(model.ConnectionCount, Is.EqualTo(1));
        await ends.B.CloseAsync();
        Assert.That(model.ConnectionCount, Is.Zero);
    });

    [Test]
    public void TheBandwidthIsSharedByTheConnectionsOfALink() => Run(new LinkProperties { BytesPerSecond = 1_000_000 }, async (world, model, ends) =>
    {
        (IConnection a, IConnection b) = await ConnectAsync(ends);
        Task[] all =
        [
            SendAsync(ends.A, 500_000), SendAsync(a, 500_000), ReadAsync(ends.B, 500_000), ReadAsync(b, 500_000),

            // The other direction is a link of its own.
            SendAsync(b, 1_000_000), ReadAsync(a, 1_000_000),
        ];
        await Task.WhenAll(all);
        Assert.That(world.Time.Now, Is.EqualTo(TimeSpan.FromSeconds(1)).Within(TimeSpan.FromMilliseconds(1)));
        Assert.That((model.DeliveredBytes("a", "b"), model.DeliveredBytes("b", "a")), Is.EqualTo((1_000_000L, 1_000_000L)));
    });

    [Test]
    public void AnUplinkIsSharedByAllThatAHostSends() => Run(new LinkProperties(), async (world, model, ends) =>
    {
        ModelledTransport third = model.AddHost("c");
        IListener listener = await third.ListenAsync(Multiaddr.Memory("c"), default);
        IConnection toThird = await ends.Dialer.DialAsync(Multiaddr.Memory("c"), default);
        IConnection? atThird = await listener.AcceptAsync(default);
        model.SetUplink("a", 1_000_000);
        await Task.WhenAll(SendAsync(ends.A, 500_000), SendAsync(toThird, 500_000), ReadAsync(ends.B, 500_000), ReadAsync(atThird!, 500_000));
        Assert.That(world.Time.Now, Is.EqualTo(TimeSpan.FromSeconds(1)).Within(TimeSpan.FromMilliseconds(1)));
    });

    [Test]
    public void JitterStaysInItsRangeAndKeepsTheOrder() => Run(TenMilliseconds with { Jitter = TimeSpan.FromMilliseconds(5) }, async (world, _, ends) =>
    {
        HashSet<TimeSpan> seen = [];
        for (byte i = 0; i < 50; i++)
        {
            TimeSpan start = world.Time.Now;
            byte[] read = new byte[1];
            await ends.A.WriteAsync(new[] { i }, default);
            Assert.That(await ends.B.ReadAsync(read, default), Is.EqualTo(1));
            Assert.That((read[0], world.Time.Now - start), Is.EqualTo((i, TimeSpan.FromMilliseconds(12.5))).Using<(byte, TimeSpan)>(
                static (found, wanted) => found.Item1 == wanted.Item1 && (found.Item2 - wanted.Item2).Duration() <= TimeSpan.FromMilliseconds(2.5)));
            seen.Add(world.Time.Now - start);
        }

        Assert.That(seen, Has.Count.GreaterThan(40));
    });

    [Test]
    public void LossIsDelayAndNothingElse() => Run(TenMilliseconds with { LossPerMillion = 200_000 }, async (world, _, ends) =>
    {
        int late = 0;
        for (int i = 0; i < 200; i++)
        {
            TimeSpan start = world.Time.Now;
            await Task.WhenAll(SendAsync(ends.A, 100), ReadAsync(ends.B, 100));
            TimeSpan delay = world.Time.Now - start - TimeSpan.FromMilliseconds(10);
            Assert.That((long)delay.TotalMilliseconds, Is.AnyOf(0L, 200L, 600L, 1_400L, 3_000L, 6_200L));
            late += delay > TimeSpan.Zero ? 1 : 0;
        }

        Assert.That(late, Is.InRange(20, 70), "a fifth of 200");
    });

    [Test]
    public void APartitionHoldsBytesBackUntilItHeals() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        model.Partition(["a"], ["b"]);
        await ends.A.WriteAsync(new byte[3], default);
        Task<byte[]> read = ReadAsync(ends.B, 3);
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        Assert.That(read.IsCompleted, Is.False);
        model.Heal();
        TimeSpan healed = world.Time.Now;
        await read;
        Assert.That(world.Time.Now - healed, Is.EqualTo(TimeSpan.FromMilliseconds(210)), "a retransmission and the way");
    });

    [Test]
    public void ABlockIsOneWay() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        model.Block("a", "b");
        Task<byte[]> there = ReadAsync(ends.B, 1);
        await ends.A.WriteAsync(new byte[1], default);
        await Task.WhenAll(SendAsync(ends.B, 5), ReadAsync(ends.A, 5));
        await Task.Delay(TimeSpan.FromSeconds(5), world.Time);
        Assert.That(there.IsCompleted, Is.False);
        model.Unblock("a", "b");
        await there;
    });

    [Test]
    public void AnIsolatedHostReachesNobodyAndTheOthersEachOther() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        ModelledTransport third = model.AddHost("c");
        await third.ListenAsync(Multiaddr.Memory("c"), default);
        model.Isolate("c");
        TimeSpan start = world.Time.Now;
        NetworkException? failure = await FailureOfAsync(ends.Dialer.DialAsync(Multiaddr.Memory("c"), default));
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.Refused));
        Assert.That(world.Time.Now - start, Is.EqualTo(new NetworkModelOptions().ConnectTimeout));
        await Task.WhenAll(SendAsync(ends.A, 5), ReadAsync(ends.B, 5));
    });

    [Test]
    public void ADialWaitsForAPartitionToHeal() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        model.Block("b", "a");
        Task<IConnection> dial = ends.Dialer.DialAsync(ends.Address, default).AsTask();
        await Task.Delay(TimeSpan.FromSeconds(5), world.Time);
        Assert.That(dial.IsCompleted, Is.False);
        model.Heal();
        await (await dial).CloseAsync();
    });

    [Test]
    public void ACancelledDialEndsAtOnce() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        model.Block("a", "b");
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(1), world.Time);
        TimeSpan start = world.Time.Now;
        OperationCanceledException? cancelled = null;
        try
        {
            await ends.Dialer.DialAsync(ends.Address, deadline.Token);
        }
        catch (OperationCanceledException failure)
        {
            cancelled = failure;
        }

        Assert.That(cancelled, Is.Not.Null);
        Assert.That(world.Time.Now - start, Is.EqualTo(TimeSpan.FromSeconds(1)));
    });

    [Test]
    public void AClogKeepsTheBytesAndTheirOrder() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        await ends.A.WriteAsync(new byte[] { 1 }, default);
        model.Clog("a", "b");
        await ends.A.WriteAsync(new byte[] { 2, 3 }, default);
        Task<byte[]> read = ReadAsync(ends.B, 3);
        await Task.Delay(TimeSpan.FromSeconds(30), world.Time);
        Assert.That(read.IsCompleted, Is.False);
        TimeSpan start = world.Time.Now;
        model.Unclog("a", "b");
        Assert.That(await read, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(world.Time.Now - start, Is.EqualTo(TimeSpan.FromMilliseconds(10)));
    });

    [Test]
    public void AVanishedHostSwallowsUntilTheBuffersAreFull() => Run(TenMilliseconds with { BufferBytes = 10_000 }, async (world, model, ends) =>
    {
        Task<byte[]> read = ReadAsync(ends.A, 1);
        model.Vanish("b");
        await ends.A.WriteAsync(new byte[10_000], default);
        Task more = ends.A.WriteAsync(new byte[1], default).AsTask();
        await Task.Delay(TimeSpan.FromMinutes(5), world.Time);
        Assert.That((more.IsCompleted, read.IsCompleted), Is.EqualTo((false, false)));
        Assert.That((await FailureOfAsync(ends.B.ReadAsync(new byte[1], default)))!.Error, Is.EqualTo(NetworkError.Closed));
        Assert.That((await FailureOfAsync(ends.Dialer.DialAsync(ends.Address, default)))!.Error, Is.EqualTo(NetworkError.Refused));
        model.Return("b");
        Assert.That((await FailureOfAsync(more))!.Error, Is.EqualTo(NetworkError.Closed), "the host that came back resets what it does not know");
        Assert.That((await FailureOfAsync(read))!.Error, Is.EqualTo(NetworkError.Closed));
        await ends.A.CloseAsync();
        Assert.That(model.ConnectionCount, Is.Zero);
    });

    [Test]
    public void AHostThatReturnedListensAgainAndResetsWhatItForgot() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        model.Vanish("b");
        model.Return("b");
        Assert.That((await FailureOfAsync(ends.Dialer.DialAsync(ends.Address, default)))!.Error, Is.EqualTo(NetworkError.Refused));
        await ends.Acceptor.ListenAsync(ends.Address, default);
        await (await ends.Dialer.DialAsync(ends.Address, default)).CloseAsync();
        Task<byte[]> read = ReadAsync(ends.A, 1);
        await Task.Delay(TimeSpan.FromMinutes(1), world.Time);
        Assert.That(read.IsCompleted, Is.False, "nobody has asked the host about the connection");
        await ends.A.WriteAsync(new byte[1], default);
        Assert.That((await FailureOfAsync(read))!.Error, Is.EqualTo(NetworkError.Closed));
    });

    [Test]
    public void AResetBreaksBothEnds() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        Task<byte[]> atA = ReadAsync(ends.A, 1);
        Task<byte[]> atB = ReadAsync(ends.B, 1);
        model.Reset("b", "a");
        Assert.That((await FailureOfAsync(atA))!.Error, Is.EqualTo(NetworkError.Closed));
        Assert.That((await FailureOfAsync(atB))!.Error, Is.EqualTo(NetworkError.Closed));
        Assert.That((await FailureOfAsync(ends.A.WriteAsync(new byte[1], default).AsTask()))!.Error, Is.EqualTo(NetworkError.Closed));
    });

    [Test]
    public void HostsMayHaveIpAddresses() => Run(TenMilliseconds, async (world, model, ends) =>
    {
        ModelledTransport one = model.AddHost("one", IPAddress.Parse("10.0.0.1"));
        ModelledTransport two = model.AddHost("two", IPAddress.Parse("10.0.0.2"));
        Assert.That(() => model.AddHost("three", IPAddress.Parse("10.0.0.2")), Throws.ArgumentException);
        IListener listener = await two.ListenAsync(Multiaddr.Parse("/ip4/0.0.0.0/tcp/4001"), default);
        Assert.That(listener.LocalAddress, Is.EqualTo(Multiaddr.Parse("/ip4/10.0.0.2/tcp/4001")));
        IConnection dialer = await one.DialAsync(listener.LocalAddress, default);
        IConnection? accepted = await listener.AcceptAsync(default);
        Assert.That(accepted!.RemoteAddress.ToString(), Does.StartWith("/ip4/10.0.0.1/tcp/"));
        Assert.That(dialer.LocalAddress, Is.EqualTo(accepted.RemoteAddress));
        Assert.That(
            () => two.ListenAsync(Multiaddr.Parse("/ip4/10.0.0.1/tcp/1"), default),
            Throws.InstanceOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(NetworkError.BadEndpoint));
        Assert.That((await FailureOfAsync(one.DialAsync(Multiaddr.Parse("/ip4/10.0.0.9/tcp/1"), default)))!.Error, Is.EqualTo(NetworkError.Refused));
    });

    [Test]
    public void UnknownHostsAndBadLinksAreErrors() => Run(TenMilliseconds, (world, model, ends) =>
    {
        Assert.That(() => model.Block("a", "nobody"), Throws.ArgumentException);
        Assert.That(() => model.Clog("a", "a"), Throws.ArgumentException);
        Assert.That(() => model.SetLink("a", "b", new LinkProperties { BytesPerSecond = 0 }), Throws.ArgumentException);
        Assert.That(() => model.SetLink("a", "b", new LinkProperties { LossPerMillion = 1_000_001 }), Throws.ArgumentException);
        Assert.That(() => model.SetLink("a", "b", new LinkProperties { Latency = TimeSpan.FromTicks(-1) }), Throws.ArgumentException);
        Assert.That(() => model.AddHost("a"), Throws.ArgumentException);
        return Task.CompletedTask;
    });

    [Test]
    public void TheSameSeedGivesTheSameTrace()
    {
        string first = TraceOf(null);
        Assert.That(TraceOf(null), Is.EqualTo(first));
        Assert.That(TraceOf(7), Is.EqualTo(TraceOf(7)));
        Assert.That(TraceOf(8), Is.Not.EqualTo(TraceOf(7)));
    }

    private static string TraceOf(int? seed)
    {
        SimulationWorld world = new(seed);
        world.Run(async () =>
        {
            LinkProperties link = new() { Latency = TimeSpan.FromMilliseconds(30), Jitter = TimeSpan.FromMilliseconds(9), BytesPerSecond = 5_000_000, LossPerMillion = 5_000 };
            NetworkModel model = new(new NetworkModelOptions { Link = link }, world.Time, world.Random);
            ITransport[] hosts = [.. Enumerable.Range(0, 6).Select(i => world.Trace.Watch(model.AddHost($"h{i}")))];
            await Task.WhenAll(hosts.Select((host, i) => PlayAsync(world, hosts, i)));
        });
        return world.Trace.Hash;
    }

    /// <summary>Listens, dials every host of a lower number and exchanges bytes with it.</summary>
    private static async Task PlayAsync(SimulationWorld world, ITransport[] hosts, int number)
    {
        IListener listener = await hosts[number].ListenAsync(Multiaddr.Memory($"h{number}"), default);
        Task[] served = [.. Enumerable.Range(0, hosts.Length - 1 - number).Select(_ => world.Spawn("serve", async () =>
        {
            IConnection? connection = await listener.AcceptAsync(default);
            await Task.WhenAll(SendAsync(connection!, 20_000), ReadAsync(connection!, 30_000));
        }))];
        for (int other = 0; other < number; other++)
        {
            IConnection connection = await hosts[number].DialAsync(Multiaddr.Memory($"h{other}"), default);
            await Task.WhenAll(SendAsync(connection, 30_000), ReadAsync(connection, 20_000));
        }

        await Task.WhenAll(served);
    }

    private static void Run(LinkProperties link, Func<SimulationWorld, NetworkModel, Ends, Task> scenario)
    {
        SimulationWorld world = new();
        world.Run(async () =>
        {
            NetworkModel model = new(new NetworkModelOptions { Link = link }, world.Time, world.Random);
            (ModelledTransport a, ModelledTransport b) = (model.AddHost("a"), model.AddHost("b"));
            IListener listener = await b.ListenAsync(Multiaddr.Memory("b"), default);
            IConnection dialer = await a.DialAsync(listener.LocalAddress, default);
            IConnection? accepted = await listener.AcceptAsync(default);
            await scenario(world, model, new Ends(a, b, listener, listener.LocalAddress, dialer, accepted!));
        });
    }

    private static async Task<(IConnection A, IConnection B)> ConnectAsync(Ends ends)
    {
        IConnection a = await ends.Dialer.DialAsync(ends.Address, default);
        return (a, (await ends.Listener.AcceptAsync(default))!);
    }

    private static async Task SendAsync(IConnection connection, int count)
    {
        byte[] bytes = new byte[1000];
        for (int sent = 0; sent < count; sent += bytes.Length)
        {
            await connection.WriteAsync(bytes.AsMemory(0, Math.Min(bytes.Length, count - sent)), default);
        }
    }

    private static async Task<byte[]> ReadAsync(IConnection connection, int count)
    {
        byte[] bytes = new byte[count];
        int read = 0;
        while (read < count)
        {
            int step = await connection.ReadAsync(bytes.AsMemory(read), default);
            Assert.That(step, Is.Positive, "the stream ended early");
            read += step;
        }

        return bytes;
    }

    private static Task<NetworkException?> FailureOfAsync<T>(ValueTask<T> task) => FailureOfAsync(task.AsTask());

    private static async Task<NetworkException?> FailureOfAsync(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (NetworkException failure)
        {
            return failure;
        }
    }

    private sealed record Ends(ModelledTransport Dialer, ModelledTransport Acceptor, IListener Listener, Multiaddr Address, IConnection A, IConnection B);
}
