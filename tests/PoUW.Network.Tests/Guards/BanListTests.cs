using System.Net;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Guards;

internal sealed class BanListTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    public void BansHoldForPeersAddressesAndSubnetsUntilTheyEnd()
    {
        ManualTimeProvider time = new();
        BanList bans = new(new BanListOptions(), time);
        bans.Add(Strangers.Peer(1), Hour, "one");
        bans.Add(IPAddress.Parse("192.0.2.1"), 2 * Hour, "two");
        bans.Add(IpSubnet.Of(IPAddress.Parse("198.51.100.7")), 3 * Hour, "three");
        Assert.That((bans.IsBanned(Strangers.Peer(1)), bans.IsBanned(Strangers.Peer(2))), Is.EqualTo((true, false)));
        Assert.That((bans.IsBanned(IPAddress.Parse("192.0.2.1")), bans.IsBanned(IPAddress.Parse("192.0.2.2"))), Is.EqualTo((true, false)));
        Assert.That((bans.IsBanned(IPAddress.Parse("198.51.100.250")), bans.IsBanned(IPAddress.Parse("198.51.101.1"))), Is.EqualTo((true, false)));
        Assert.That(bans.IsBanned(IPAddress.Parse("::ffff:192.0.2.1")), Is.True);
        Assert.That(bans.Bans.Select(static ban => ban.Reason), Is.EqualTo(new[] { "one", "two", "three" }));
        time.Advance(Hour);
        Assert.That(bans.IsBanned(Strangers.Peer(1)), Is.False);
        Assert.That(bans.Bans.Select(static ban => ban.Target), Is.EqualTo(new[] { "ip/192.0.2.1", "subnet/198.51.100.0/24" }));
        Assert.That((bans.Remove("ip/192.0.2.1"), bans.Remove("ip/192.0.2.1")), Is.EqualTo((true, false)));
        Assert.That(bans.IsBanned(IPAddress.Parse("192.0.2.1")), Is.False);
    }

    [Test]
    public void TheLaterEndCountsAndNoneIsTooLate()
    {
        ManualTimeProvider time = new();
        BanList bans = new(new BanListOptions { Longest = 10 * Hour }, time);
        bans.Add(Strangers.Peer(1), 2 * Hour, "long");
        bans.Add(Strangers.Peer(1), Hour, "short");
        bans.Add(Strangers.Peer(2), TimeSpan.FromDays(9999), new string('x', 500));
        time.Advance(Hour);
        Assert.That(bans.IsBanned(Strangers.Peer(1)), Is.True);
        Assert.That(bans.Bans[1].Until, Is.EqualTo(DateTimeOffset.UnixEpoch + (10 * Hour)));
        Assert.That(bans.Bans[1].Reason, Has.Length.EqualTo(BanList.MaxReasonLength));
        Assert.That(() => bans.Add(Strangers.Peer(1), TimeSpan.Zero, ""), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void LoopbackAddressesAreExemptUnlessTheOptionsSayOtherwise()
    {
        foreach (bool isExempt in new[] { true, false })
        {
            BanList bans = new(new BanListOptions { ExemptLoopback = isExempt }, new ManualTimeProvider());
            bans.Add(IPAddress.Loopback, Hour, "");
            bans.Add(IpSubnet.Of(IPAddress.IPv6Loopback), Hour, "");
            Assert.That((bans.IsBanned(IPAddress.Loopback), bans.IsBanned(IPAddress.IPv6Loopback)), Is.EqualTo((!isExempt, !isExempt)));
            bans.Add(Strangers.Peer(1), Hour, "");
            Assert.That(bans.Find(Strangers.Peer(1), IPAddress.Loopback)!.Target, Does.StartWith("peer/"));
        }
    }

    [Test]
    public void TheNumberOfBansIsBounded()
    {
        BanList bans = new(new BanListOptions { MaxBans = 10 }, new ManualTimeProvider());
        for (int i = 1; i <= 1000; i++)
        {
            bans.Add(Strangers.Peer(i), TimeSpan.FromSeconds(i), "");
        }

        Assert.That(bans.Bans, Has.Count.EqualTo(10));
        Assert.That(bans.IsBanned(Strangers.Peer(991)) && !bans.IsBanned(Strangers.Peer(990)), Is.True, "those that end first go first");
    }

    [Test]
    public void BansOutliveARestartAndEndInTime()
    {
        ManualTimeProvider time = new();
        using InMemoryKeyValueStore store = new();
        BanList before = new(new BanListOptions(), time);
        before.Add(Strangers.Peer(1), Hour, "one");
        before.Add(IPAddress.Parse("2001:db8::1"), 2 * Hour, "zwei ü");
        before.Add(IpSubnet.Of(IPAddress.Parse("2001:db8::1")), 3 * Hour, "");
        before.Save(store, "net/bans/"u8);
        time.Advance(Hour);
        BanList after = new(new BanListOptions(), time);
        Assert.That(after.Load(store, "net/bans/"u8), Is.EqualTo(2));
        Assert.That(after.Bans, Is.EqualTo(before.Bans));
        after.Save(store, "net/bans/"u8);
        Assert.That(store.ScanPrefix("net/bans/"u8).Count(), Is.EqualTo(2), "what has ended is deleted");
        after.Remove("ip/2001:db8::1");
        after.Save(store, "net/bans/"u8);
        Assert.That(store.ScanPrefix("net/bans/"u8).Count(), Is.EqualTo(1));
    }

    [Test]
    public void WhatCannotBeReadIsSkippedAndDeleted()
    {
        using InMemoryKeyValueStore store = new();
        byte[] far = [0, 0, 1, 0, 0, 0, 0, 0];
        WriteBatch batch = new();
        batch.Put("b/peer/notapeer"u8, far).Put("b/ip/1.2.3"u8, far).Put("b/subnet/1.2.3.4/24"u8, far).Put("b/ip/192.0.2.1"u8, far.AsSpan(1)).Put("b/x"u8, far);
        batch.Put("b/ip/192.0.2.2"u8, [.. Enumerable.Repeat((byte)0xff, 8)]).Put("b/ip/192.0.2.3"u8, [.. Enumerable.Repeat((byte)0x7f, 8)]);
        batch.Put("b/ip/192.0.2.4"u8, new byte[8 + 801]).Put("b/ip/192.0.2.5"u8, far).Put("b/\xff"u8, far);
        store.Apply(batch);
        BanList bans = new(new BanListOptions(), new ManualTimeProvider());
        Assert.That(bans.Load(store, "b/"u8), Is.EqualTo(1));
        Assert.That(bans.Bans.Select(static ban => ban.Target), Is.EqualTo(new[] { "ip/192.0.2.5" }));
        bans.Save(store, "b/"u8);
        Assert.That(store.ScanPrefix("b/"u8).Count(), Is.EqualTo(1));
    }

    [Test]
    public void RandomBytesInTheStoreBreakNothing()
    {
        Random random = new(11);
        using InMemoryKeyValueStore store = new();
        for (int round = 0; round < 2000; round++)
        {
            byte[] key = [.. "b/ip/10.0.0.1"u8];
            byte[] value = new byte[random.Next(0, 20)];
            random.NextBytes(value);
            if (random.Next(2) == 0)
            {
                // A time that exists.
                value.AsSpan(0, Math.Min(3, value.Length)).Clear();
            }

            key[random.Next(2, key.Length)] = (byte)random.Next(256);
            store.Apply(new WriteBatch().Put(key, value));
        }

        BanList bans = new(new BanListOptions { MaxBans = 50 }, new ManualTimeProvider());
        bans.Load(store, "b/"u8);
        bans.Save(store, "b/"u8);
        Assert.That(bans.Bans.Count, Is.InRange(1, 50));
        Assert.That(store.ScanPrefix("b/"u8).Count(), Is.EqualTo(bans.Bans.Count));
    }

    [Test]
    public void AFailedSaveIsTriedAgain()
    {
        using InMemoryKeyValueStore store = new();
        using InMemoryKeyValueStore broken = new();
        broken.Dispose();
        BanList bans = new(new BanListOptions(), new ManualTimeProvider());
        bans.Add(Strangers.Peer(1), Hour, "");
        Assert.That(() => bans.Save(broken, "b/"u8), Throws.Exception);
        bans.Save(store, "b/"u8);
        Assert.That(store.ScanPrefix("b/"u8).Count(), Is.EqualTo(1));
    }

    [Test]
    public void TheGaterAsksForBansAndRates()
    {
        ManualTimeProvider time = new();
        BanList bans = new(new BanListOptions(), time);
        ConnectionGater gater = new(bans, new InboundRate(new InboundRateOptions { PerAddress = TokenRate.PerSecond(1, 2) }, time));
        Multiaddr good = Strangers.Address("192.0.2.1");
        Multiaddr bad = Strangers.Address("198.51.100.1");
        bans.Add(IPAddress.Parse("198.51.100.1"), Hour, "");
        bans.Add(Strangers.Peer(1), Hour, "");
        ValidationCode[] codes =
        [
            gater.MayDial(null, good).Code, gater.MayDial(null, bad).Code, gater.MayDial(Strangers.Peer(1), good).Code, gater.MayDial(Strangers.Peer(2), good).Code,
            gater.MayDial(Strangers.Peer(2), bad).Code, gater.MayAccept(bad).Code, gater.MayAccept(good).Code, gater.MayAccept(good).Code, gater.MayAccept(good).Code,
            gater.MayKeep(Strangers.Peer(1), good, true).Code, gater.MayKeep(Strangers.Peer(2), good, true).Code, gater.MayKeep(Strangers.Peer(2), bad, false).Code,
            gater.MayAccept(Multiaddr.Memory("x")).Code, gater.MayKeep(Strangers.Peer(2), Multiaddr.Memory("x"), true).Code,
        ];
        const ValidationCode No = ValidationCode.Banned;
        Assert.That(codes, Is.EqualTo(new[]
        {
            ValidationCode.Ok, No, No, ValidationCode.Ok, No, No, ValidationCode.Ok, ValidationCode.Ok, ValidationCode.RateLimited, No, ValidationCode.Ok, No, ValidationCode.Ok,
            ValidationCode.Ok,
        }));
        RejectingConnectionGater rejecting = new();
        Assert.That((rejecting.MayDial(null, good).IsValid, rejecting.MayAccept(good).IsValid, rejecting.MayKeep(Strangers.Peer(2), good, true).IsValid), Is.EqualTo((false, false, false)));
    }

    [Test]
    public void OptionsAreChecked()
    {
        Assert.That(() => new BanList(new BanListOptions { MaxBans = 0 }, TimeProvider.System), Throws.ArgumentException);
        Assert.That(() => new BanList(new BanListOptions { Longest = TimeSpan.Zero }, TimeProvider.System), Throws.ArgumentException);
        Assert.That(new GuardOptions().Validate().ToString(), Is.EqualTo("Ok"));
        Assert.That((new GuardOptions { Bans = new BanListOptions { MaxBans = 0 } }).Validate().IsValid, Is.False);
    }
}
