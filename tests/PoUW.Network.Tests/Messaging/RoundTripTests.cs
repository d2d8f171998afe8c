using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Requests;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Hosting;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Messaging;

/// <summary>How many times a request crosses the network: a crossing takes 50 ms here, and nothing else takes time.</summary>
[TestFixture]
internal sealed class RoundTripTests
{
    private const string Echo = "pouw/echo/1";
    private static readonly TimeSpan Crossing = TimeSpan.FromMilliseconds(50);

    [Test]
    public void A_short_request_costs_one_round_trip() => Run(async (world, asking, other) =>
    {
        Assert.That(await MeasureAsync(world, asking, other, Echo, 100), Is.EqualTo((RequestStatus.Ok, 2)));
        Assert.That(await MeasureAsync(world, asking, other, Echo, 0), Is.EqualTo((RequestStatus.Ok, 2)), "an empty one, too");
    });

    /// <summary>Nothing is sent in vain that is long.</summary>
    [Test]
    public void A_long_request_waits_for_the_agreement() => Run(async (world, asking, other) =>
        Assert.That(await MeasureAsync(world, asking, other, Echo, 20_000), Is.EqualTo((RequestStatus.Ok, 4))));

    [Test]
    public void A_protocol_that_the_peer_does_not_speak_is_not_found() => Run(async (world, asking, other) =>
    {
        Assert.That(await MeasureAsync(world, asking, other, "pouw/none/1", 100), Is.EqualTo((RequestStatus.NotFound, 2)));
        Assert.That(await MeasureAsync(world, asking, other, Echo, 100), Is.EqualTo((RequestStatus.Ok, 2)));
    });

    /// <summary>The answer to what came along is "na": the dialer knows, although the bytes behind are no line.</summary>
    [TestCase("/own", true)]
    [TestCase("/another", false)]
    public async Task What_comes_first_is_read_only_by_who_speaks_the_protocol(string spoken, bool isAgreed)
    {
        (IDuplexStream one, IDuplexStream two) = DuplexPair.Create();
        BufferedDuplexStream dialer = new(one);
        BufferedDuplexStream listener = new(two);
        Task<bool> dial = MultistreamSelect.TryDialAsync(dialer, "/own", new byte[] { 1, 10, 7 }, new MultistreamOptions(), default).AsTask();
        Task<string?> listen = MultistreamSelect.ListenAsync(listener, [spoken], new MultistreamOptions { MaxTries = 1 }, default).AsTask();
        Assert.That(await dial.InTime(), Is.EqualTo(isAgreed));
        if (isAgreed)
        {
            Assert.That(await listen.InTime(), Is.EqualTo("/own"));
            byte[] first = new byte[10];
            Assert.That(first[..await listener.ReadAsync(first, default).InTime()], Is.EqualTo(new byte[] { 1, 10, 7 }));
        }
        else
        {
            Assert.That(async () => await listen.InTime(), Throws.TypeOf<NetworkException>());
        }
    }

    [TestCase("/other")]
    [TestCase("ls")]
    public async Task An_answer_that_is_none_is_a_violation(string answer)
    {
        (IDuplexStream one, IDuplexStream two) = DuplexPair.Create();
        await two.WriteAsync(MultistreamLine.Encode(MultistreamSelect.ProtocolId, answer), default).InTime();
        Assert.That(
            async () => await MultistreamSelect.TryDialAsync(new BufferedDuplexStream(one), "/own", default, new MultistreamOptions(), default).InTime(),
            Throws.TypeOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(NetworkError.ProtocolViolation));
    }

    private static async Task<(RequestStatus Status, double Crossings)> MeasureAsync(
        HostWorld world, RequestService asking, Host other, string name, int length)
    {
        TimeSpan start = world.World.Time.Now;
        RequestResult result = await asking.RequestAsync(
            other.Id, name, new byte[length], TimeSpan.FromSeconds(5), StreamPriority.Normal, default);
        return (result.Status, (world.World.Time.Now - start) / Crossing);
    }

    private static void Run(Func<HostWorld, RequestService, Host, Task> scenario)
    {
        HostWorld world = new(link: new LinkProperties { Latency = Crossing });
        world.Run(async () =>
        {
            Host one = await world.StartAsync(1);
            Host two = await world.StartAsync(2);
            RequestService asking = new(one, HostWorld.Genesis, new RequestOptions(), world.World.Time, new NullNetworkObserver());
            RequestService answering = new(two, HostWorld.Genesis, new RequestOptions(), world.World.Time, new NullNetworkObserver());
            RequestHandler echo = static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request);
            answering.Serve(Echo, echo, StreamPriority.Normal, MessageKind.Request);
            await one.DialAsync(HostWorld.AddressOf(2));
            await world.Delay(1);
            await scenario(world, asking, two);
        });
    }
}
