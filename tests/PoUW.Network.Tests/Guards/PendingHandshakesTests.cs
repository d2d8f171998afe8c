using PoUW.Network.Guards;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Guards;

internal sealed class PendingHandshakesTests
{
    private static readonly PendingHandshakesOptions Small = new() { Max = 8, MaxPerAddress = 4, Deadline = TimeSpan.FromSeconds(5) };

    [Test]
    public void ADeadlineRunsFromTheBeginning()
    {
        ManualTimeProvider time = new();
        PendingHandshakes pending = new(Small, time);
        PendingHandshake place = pending.Begin(Strangers.Address("192.0.2.1"));
        time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.That(place.Token.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.That((place.Token.IsCancellationRequested, place.IsEvicted), Is.EqualTo((true, false)));
        Assert.That(pending.Count, Is.EqualTo(1), "the place is the handshake's until it is given back");
        place.Dispose();
        place.Dispose();
        Assert.That(pending.Count, Is.Zero);
    }

    [Test]
    public void WhoOpensTooManyDisplacesHisOwnOldest()
    {
        PendingHandshakes pending = new(Small, new ManualTimeProvider());
        PendingHandshake honest = pending.Begin(Strangers.Address("198.51.100.1"));
        PendingHandshake[] attack = [.. Enumerable.Range(1, 1000).Select(port => pending.Begin(Strangers.Address("192.0.2.1", port)))];
        Assert.That((pending.Count, pending.Evicted), Is.EqualTo((5, 996L)));
        Assert.That(attack.Select(static place => place.IsEvicted && place.Token.IsCancellationRequested), Is.EqualTo(Enumerable.Range(0, 1000).Select(static i => i < 996)));
        Assert.That(honest.Token.IsCancellationRequested, Is.False);
        PendingHandshake sameAddress = pending.Begin(Strangers.Address("192.0.2.1", 5000));
        Assert.That((sameAddress.Token.IsCancellationRequested, attack[996].IsEvicted), Is.EqualTo((false, true)), "even from there a newcomer has its chance");
    }

    [Test]
    public void WhenAllIsFullTheGreediestLoses()
    {
        PendingHandshakes pending = new(Small, new ManualTimeProvider());
        PendingHandshake[] few = [.. Enumerable.Range(1, 3).Select(static i => Strangers.Address($"198.51.{i}.1")).Select(pending.Begin)];
        PendingHandshake[] two = [pending.Begin(Strangers.Address("203.0.113.1")), pending.Begin(Strangers.Address("203.0.113.1"))];
        PendingHandshake[] three = [.. Enumerable.Range(0, 3).Select(_ => pending.Begin(Strangers.Address("192.0.2.1")))];
        PendingHandshake newcomer = pending.Begin(Strangers.Address("198.51.9.1"));
        Assert.That(three.Select(static place => place.IsEvicted), Is.EqualTo(new[] { true, false, false }));
        Assert.That(few.Concat(two).Append(newcomer).Any(static place => place.IsEvicted), Is.False);
        Assert.That(pending.Count, Is.EqualTo(8));
    }

    [Test]
    public void AddressesInMemoryCountAsOne()
    {
        PendingHandshakes pending = new(Small, new ManualTimeProvider());
        PendingHandshake[] places = [.. Enumerable.Range(0, 6).Select(i => pending.Begin(Multiaddr.Memory($"dialer-{i}")))];
        Assert.That(places.Count(static place => place.IsEvicted), Is.EqualTo(2));
    }

    [Test]
    public async Task EvictionAndTheEndOfHandshakesMayMeet()
    {
        PendingHandshakes pending = new(Small, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 500; i++)
            {
                PendingHandshake place = pending.Begin(Strangers.Address($"192.0.2.{1 + (i % 3)}"));
                if (i % 2 == thread % 2)
                {
                    Thread.Yield();
                }

                place.Dispose();
            }
        }))).InTime();
        Assert.That(pending.Count, Is.Zero);
    }

    [Test]
    public void OptionsAreChecked()
    {
        Assert.That(new PendingHandshakesOptions().Validate().IsValid, Is.True);
        PendingHandshakesOptions[] bad = [Small with { Max = 0 }, Small with { MaxPerAddress = 0 }, Small with { Deadline = TimeSpan.Zero }];
        Assert.That(bad.Select(static options => options.Validate().IsValid), Is.All.False);
        Assert.That(() => new PendingHandshakes(bad[0], TimeProvider.System), Throws.ArgumentException);
    }
}
