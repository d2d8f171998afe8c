using PoUW.Core.Randomness;
using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Tests.Support;
using static PoUW.Network.Tests.Discovery.TestPeers;

namespace PoUW.Network.Tests.Discovery.Rendezvous;

internal sealed class RendezvousRegistryTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    public void PagesFollowEachOther()
    {
        RendezvousRegistry registry = Create();
        for (int i = 0; i < 25; i++)
        {
            Assert.That(Register(registry, i), Is.EqualTo(RendezvousStatus.Ok));
        }

        List<byte> found = [];
        byte[] cookie = [];
        for (int page = 0; page < 3; page++)
        {
            registry.Discover("n", 10, cookie, out IReadOnlyList<RendezvousRegistration> part, out cookie);
            found.AddRange(part.Select(static registration => registration.SignedPeerRecord.Span[0]));
        }

        Assert.That(found, Is.EqualTo(Enumerable.Range(0, 25)));
        registry.Discover("n", 10, cookie, out IReadOnlyList<RendezvousRegistration> rest, out cookie);
        Assert.That(rest, Is.Empty);
        Register(registry, 99);
        registry.Discover("n", 10, cookie, out rest, out _);
        Assert.That(rest, Has.Count.EqualTo(1), "the cookie goes on where it ended");
    }

    [Test]
    public void ACookieOfAnotherRunOrNamespaceIsRefused()
    {
        RendezvousRegistry registry = Create();
        registry.Discover("n", 10, [], out _, out byte[] cookie);
        Assert.That(registry.Discover("n", 10, cookie, out _, out _), Is.EqualTo(RendezvousStatus.Ok));
        Assert.That(registry.Discover("m", 10, cookie, out _, out _), Is.EqualTo(RendezvousStatus.InvalidCookie));
        Assert.That(registry.Discover("n", 10, cookie.AsSpan(1), out _, out _), Is.EqualTo(RendezvousStatus.InvalidCookie));
        cookie[0] ^= 1;
        Assert.That(registry.Discover("n", 10, cookie, out _, out _), Is.EqualTo(RendezvousStatus.InvalidCookie));
        cookie[0] ^= 1;
        cookie[16] |= 0x80;
        Assert.That(registry.Discover("n", 10, cookie, out _, out _), Is.EqualTo(RendezvousStatus.InvalidCookie), "a negative place");
    }

    [Test]
    public void RegistrationsExpire()
    {
        RendezvousRegistry registry = Create();
        Register(registry, 1, ttl: 60);
        Register(registry, 2, ttl: null);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.That(Found(registry), Is.EqualTo(2));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Found(registry), Is.EqualTo(1));
        _time.Advance(TimeSpan.FromHours(2));
        Assert.That(Found(registry), Is.Zero);
        Assert.That(registry.Count, Is.Zero);
    }

    [TestCase(59ul, RendezvousStatus.InvalidTtl)]
    [TestCase(60ul, RendezvousStatus.Ok)]
    [TestCase(72ul * 3600, RendezvousStatus.Ok)]
    [TestCase((72ul * 3600) + 1, RendezvousStatus.InvalidTtl)]
    [TestCase(ulong.MaxValue, RendezvousStatus.InvalidTtl)]
    public void LivesHaveLimits(ulong ttl, RendezvousStatus expected) => Assert.That(Register(Create(), 1, ttl: ttl), Is.EqualTo(expected));

    [Test]
    public void RegisteringAgainReplaces()
    {
        RendezvousRegistry registry = Create();
        for (int i = 0; i < 100; i++)
        {
            Assert.That(Register(registry, 1), Is.EqualTo(RendezvousStatus.Ok));
        }

        Assert.That(registry.Count, Is.EqualTo(1));
        registry.Unregister(Id(1), "n");
        registry.Unregister(Id(1), "n");
        Assert.That(registry.Count, Is.Zero);
        Assert.That(Found(registry), Is.Zero);
    }

    [Test]
    public void EachLimitHoldsAndRoomComesBack()
    {
        RendezvousOptions options = new() { MaxRegistrations = 20, MaxRegistrationsPerNamespace = 8, MaxRegistrationsPerPeer = 3, MaxRegistrationsPerSource = 5 };
        RendezvousRegistry registry = new(options, _time, new SeededRandomSource(1, "r"));
        Assert.That(Enumerable.Range(0, 5).Select(i => Register(registry, 1, name: $"of one peer {i}")).Count(IsOk), Is.EqualTo(3));
        Assert.That(Enumerable.Range(100, 20).Select(i => Register(registry, i, source: "s")).Count(IsOk), Is.EqualTo(5));
        Assert.That(Enumerable.Range(200, 20).Select(i => Register(registry, i, source: $"s{i}")).Count(IsOk), Is.EqualTo(3));
        Assert.That(Enumerable.Range(300, 20).Select(i => Register(registry, i, source: $"s{i}", name: $"n{i}")).Count(IsOk), Is.EqualTo(9));
        Assert.That(registry.Count, Is.EqualTo(20));
        registry.Unregister(Id(1), "of one peer 0");
        Assert.That(Register(registry, 1, name: "again"), Is.EqualTo(RendezvousStatus.Ok));
    }

    [Test]
    public void AnAnswerHasAtMostWhatThePointGives()
    {
        RendezvousRegistry registry = new(new RendezvousOptions { MaxRegistrationsPerAnswer = 7 }, _time, new SeededRandomSource(1, "r"));
        for (int i = 0; i < 20; i++)
        {
            Register(registry, i);
        }

        foreach (ulong limit in new ulong[] { 0, 7, 8, ulong.MaxValue })
        {
            registry.Discover("n", limit, [], out IReadOnlyList<RendezvousRegistration> found, out _);
            Assert.That(found, Has.Count.EqualTo(7));
        }

        registry.Discover("n", 3, [], out IReadOnlyList<RendezvousRegistration> few, out _);
        Assert.That(few, Has.Count.EqualTo(3));
    }

    private RendezvousRegistry Create() => new(new RendezvousOptions(), _time, new SeededRandomSource(1, "r"));

    private static bool IsOk(RendezvousStatus status) => status == RendezvousStatus.Ok;

    private static RendezvousStatus Register(RendezvousRegistry registry, int peer, string name = "n", ulong? ttl = 600, string source = "group") =>
        registry.Register(Id(peer), new RendezvousRegistration(name, new[] { (byte)(peer & 0xff) }, ttl), source, out _);

    private static int Found(RendezvousRegistry registry)
    {
        registry.Discover("n", 0, [], out IReadOnlyList<RendezvousRegistration> found, out _);
        return found.Count;
    }
}
