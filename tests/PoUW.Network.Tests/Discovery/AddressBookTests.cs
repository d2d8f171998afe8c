using PoUW.Core.Randomness;
using PoUW.Network.Discovery;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using static PoUW.Network.Tests.Discovery.TestPeers;

namespace PoUW.Network.Tests.Discovery;

internal sealed class AddressBookTests
{
    private static readonly byte[] Envelope = [1, 2, 3];

    private readonly ManualTimeProvider _time = new();
    private readonly AddressBookOptions _options = new();

    [SetUp]
    public void StartAfterTheEpoch() => _time.Advance(TimeSpan.FromDays(100));

    [Test]
    public void AClaimIsKeptWithoutThePeerAtItsEnd()
    {
        AddressBook book = Create();
        Assert.That(book.Add(Id(1), [At(8, 8, 8).WithPeer(Id(1)), At(8, 8, 9).WithPeer(Id(2))], AddressSource.Identify, At(9, 9, 9)), Is.True);
        Assert.That(Texts(book, 1), Is.EqualTo(new[] { "/ip4/8.8.8.1/tcp/4001" }));
    }

    [TestCase("/ip4/10.1.2.3/tcp/1")]
    [TestCase("/ip4/127.0.0.1/tcp/1")]
    [TestCase("/ip4/172.31.255.255/tcp/1")]
    [TestCase("/ip4/192.168.0.1/tcp/1")]
    [TestCase("/ip4/100.64.0.1/tcp/1")]
    [TestCase("/ip4/169.254.1.1/tcp/1")]
    [TestCase("/ip4/0.0.0.0/tcp/1")]
    [TestCase("/ip4/224.0.0.1/tcp/1")]
    [TestCase("/ip4/255.255.255.255/tcp/1")]
    [TestCase("/ip6/::1/tcp/1")]
    [TestCase("/ip6/fe80::1/tcp/1")]
    [TestCase("/ip6/fd00::1/tcp/1")]
    [TestCase("/ip6/::ffff:10.0.0.1/tcp/1")]
    [TestCase("/dns4/localhost/tcp/1")]
    [TestCase("/dns/printer.local/tcp/1")]
    [TestCase("/memory/a")]
    public void APrivateAddressIsNotTakenFromAStrangerAndNotPassedOn(string text)
    {
        Multiaddr address = Multiaddr.Parse(text);
        AddressBook book = Create();
        Assert.That(book.Add(Id(1), [address], AddressSource.Identify, At(9, 9, 9)), Is.False);
        Assert.That(book.AddRecord(Id(1), [address], 1, Envelope, At(9, 9, 9)), Is.False);
        Assert.That(book.Add(Id(1), [address], AddressSource.Identify, Multiaddr.Parse("/ip4/10.0.0.1/tcp/1")), Is.True, "a neighbour may know");
        book.MarkReached(Id(1), address);
        Assert.That(book.Share(10, static _ => true), Is.Empty);

        AddressBook open = Create(_options with { AllowPrivateAddresses = true });
        Assert.That(open.Add(Id(1), [address], AddressSource.Exchange, At(9, 9, 9)), Is.True);
        open.MarkReached(Id(1), address);
        Assert.That(open.Share(10, static _ => true), Has.Count.EqualTo(1));
    }

    [TestCase("/ip4/8.8.8.8/tcp/1")]
    [TestCase("/ip4/172.32.0.1/tcp/1")]
    [TestCase("/ip4/100.63.0.1/tcp/1")]
    [TestCase("/ip6/2a00:1450::1/tcp/1")]
    [TestCase("/dns4/node.example.org/tcp/1")]
    public void APublicAddressIsTaken(string text) =>
        Assert.That(Create().Add(Id(1), [Multiaddr.Parse(text)], AddressSource.Identify, At(9, 9, 9)), Is.True);

    [Test]
    public void ASignedRecordDisplacesClaimsAndKeepsLaterOnesOut()
    {
        AddressBook book = Create();
        book.Add(Id(1), [At(8, 8, 8)], AddressSource.Identify, At(9, 9, 9));
        book.Add(Id(1), [At(7, 7, 7)], AddressSource.Bootstrap, null);
        Assert.That(book.AddRecord(Id(1), [At(8, 8, 1)], 5, Envelope, At(9, 9, 9)), Is.True);
        Assert.That(Texts(book, 1), Is.EquivalentTo(new[] { At(8, 8, 1).ToString(), At(7, 7, 7).ToString() }));

        Assert.That(book.Add(Id(1), [At(6, 6, 6)], AddressSource.Identify, At(9, 9, 9)), Is.False);
        Assert.That(book.AddRecord(Id(1), [At(6, 6, 6)], 5, Envelope, At(9, 9, 9)), Is.False, "not newer");
        Assert.That(book.AddRecord(Id(1), [At(6, 6, 6)], 4, Envelope, At(9, 9, 9)), Is.False, "older");
        Assert.That(book.AddRecord(Id(1), [At(5, 5, 5)], 6, [9], At(9, 9, 9)), Is.True);
        KnownPeer peer = book.Find(Id(1))!;
        Assert.That(peer.Record.ToArray(), Is.EqualTo(new byte[] { 9 }));
        Assert.That(peer.RecordSequence, Is.EqualTo(6));
        Assert.That(Texts(book, 1), Does.Contain(At(5, 5, 5).ToString()).And.Not.Contain(At(8, 8, 1).ToString()));
    }

    [Test]
    public void ARecordThatIsTooLongOrEmptyIsNotKept()
    {
        AddressBook book = Create();
        Assert.That(book.AddRecord(Id(1), [At(8, 8, 8)], 1, new byte[_options.MaxRecordBytes + 1], null), Is.False);
        Assert.That(book.AddRecord(Id(1), [At(8, 8, 8)], 1, [], null), Is.False);
        Assert.That(book.AddRecord(Id(1), [At(8, 8, 8)], 1, new byte[_options.MaxRecordBytes], null), Is.True);
    }

    [Test]
    public void AddressesOfAPeerAreBoundedAndItsOwnWordDisplacesThatOfStrangers()
    {
        AddressBook book = Create(_options with { MaxAddressesPerPeer = 3 });
        book.Add(Id(1), [At(1, 1, 1), At(1, 1, 2), At(1, 1, 3), At(1, 1, 4)], AddressSource.Exchange, At(9, 9, 9));
        Assert.That(Texts(book, 1), Has.Length.EqualTo(3));
        book.Add(Id(1), [At(2, 2, 2)], AddressSource.Identify, At(9, 9, 9));
        Assert.That(Texts(book, 1), Has.Length.EqualTo(3).And.Contains(At(2, 2, 2).ToString()));
        book.Add(Id(1), [At(3, 3, 3)], AddressSource.Exchange, At(9, 9, 9));
        Assert.That(Texts(book, 1), Does.Not.Contain(At(3, 3, 3).ToString()));
    }

    [Test]
    public void OneTellerCannotFillTheBook()
    {
        AddressBook book = Create(_options with { MaxPeers = 100, MaxUnprovenPeersPerSource = 10 });
        for (int i = 0; i < 20; i++)
        {
            book.Add(Id(i), [At(8, i, 1)], AddressSource.Identify, At(20 + i, 1, 1));
        }

        for (int i = 1000; i < 2000; i++)
        {
            book.Add(Id(i), [At(7, 7, i % 200)], AddressSource.Exchange, At(66, 6, i % 200));
            book.AddRecord(Id(i + 10_000), [At(7, 7, i % 200)], 1, Envelope, At(66, 6, i % 200));
        }

        Assert.That(book.Count, Is.EqualTo(30));
        Assert.That(Enumerable.Range(0, 20).All(i => book.Find(Id(i)) is not null), Is.True);
        Assert.That(book.Find(Id(1999)), Is.Not.Null, "news displaces the teller's own old news");
    }

    [Test]
    public void ManyTellersDisplaceEachOtherButNobodyThatWasReached()
    {
        AddressBook book = Create(_options with { MaxPeers = 50, MaxUnprovenPeersPerSource = 20 });
        for (int i = 0; i < 30; i++)
        {
            book.MarkReached(Id(i), At(8, i, 1));
        }

        book.Add(Id(30), [At(8, 30, 1)], AddressSource.Bootstrap, null);
        for (int i = 1000; i < 3000; i++)
        {
            book.Add(Id(i), [At(7, 7, 7)], AddressSource.Exchange, At(50 + (i % 100), 1, 1));
        }

        Assert.That(book.Count, Is.EqualTo(50));
        Assert.That(Enumerable.Range(0, 31).All(i => book.Find(Id(i)) is not null), Is.True);
        Assert.That(book.Find(Id(2999)), Is.Not.Null);
    }

    [Test]
    public void AFullBookOfReachedPeersTakesNoClaimsButTakesAReachedOne()
    {
        AddressBook book = Create(_options with { MaxPeers = 5 });
        for (int i = 0; i < 5; i++)
        {
            book.MarkReached(Id(i), At(8, i, 1));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(book.Add(Id(9), [At(7, 7, 7)], AddressSource.Identify, At(9, 9, 9)), Is.False);
        book.MarkReached(Id(10), At(6, 6, 6));
        Assert.That(book.Count, Is.EqualTo(5));
        Assert.That(book.Find(Id(10)), Is.Not.Null);
        Assert.That(book.Find(Id(0)), Is.Null, "the one that was reached longest ago gave way");
    }

    [Test]
    public void FailuresRemoveAnAddressUnlessTheOperatorWroteIt()
    {
        AddressBook book = Create(_options with { MaxFailures = 3 });
        book.Add(Id(1), [At(8, 8, 8)], AddressSource.Identify, At(9, 9, 9));
        book.Add(Id(2), [At(8, 8, 9)], AddressSource.Bootstrap, null);
        for (int i = 0; i < 2; i++)
        {
            book.MarkFailed(Id(1), At(8, 8, 8).WithPeer(Id(1)));
            book.MarkFailed(Id(2), At(8, 8, 9));
        }

        Assert.That(book.Find(Id(1))!.Addresses[0].Failures, Is.EqualTo(2));
        book.MarkReached(Id(1), At(8, 8, 8));
        Assert.That(book.Find(Id(1))!.Addresses[0].Failures, Is.Zero);
        for (int i = 0; i < 3; i++)
        {
            book.MarkFailed(Id(1), At(8, 8, 8));
            book.MarkFailed(Id(2), At(8, 8, 9));
            book.MarkFailed(Id(3), At(8, 8, 9));
        }

        Assert.That(book.Find(Id(1)), Is.Null);
        Assert.That(book.Find(Id(2))!.Addresses[0].Failures, Is.EqualTo(5));
        Assert.That(book.Find(Id(3)), Is.Null, "a failure is no news of a peer");
    }

    [Test]
    public void WhatNobodyConfirmsExpires()
    {
        AddressBook book = Create();
        book.Add(Id(1), [At(8, 8, 8)], AddressSource.Identify, At(9, 9, 9));
        book.MarkReached(Id(2), At(8, 8, 9));
        book.Add(Id(3), [At(8, 8, 7)], AddressSource.Bootstrap, null);
        book.Add(Id(4), [At(8, 8, 6)], AddressSource.Identify, At(9, 9, 9));
        _time.Advance(_options.UnprovenLifetime);
        book.Add(Id(4), [At(8, 8, 6)], AddressSource.Exchange, At(9, 9, 9));
        _time.Advance(TimeSpan.FromSeconds(1));
        book.Expire();
        Assert.That(new[] { 1, 2, 3, 4 }.Select(i => book.Find(Id(i)) is not null), Is.EqualTo(new[] { false, true, true, true }));
        _time.Advance(_options.ProvenLifetime);
        book.Expire();
        Assert.That(new[] { 1, 2, 3, 4 }.Select(i => book.Find(Id(i)) is not null), Is.EqualTo(new[] { false, false, true, false }));
    }

    [Test]
    public void ReachedAndClaimedPeersTakeTurnsWhenPicked()
    {
        AddressBook book = Create();
        for (int i = 0; i < 200; i++)
        {
            book.Add(Id(i), [At(8, 8, i)], AddressSource.Exchange, At(9, 9, 9));
        }

        for (int i = 200; i < 204; i++)
        {
            book.MarkReached(Id(i), At(7, 7, i));
        }

        IReadOnlyList<KnownPeer> picked = book.Pick(8, peer => peer != Id(200));
        Assert.That(picked.Select(static peer => peer.Id).Distinct().Count(), Is.EqualTo(8));
        Assert.That(picked.Count(static peer => peer.IsProven), Is.EqualTo(3));
        Assert.That(picked.Select(static peer => peer.Id), Does.Not.Contain(Id(200)));
    }

    [Test]
    public void TheSameSeedPicksTheSamePeers()
    {
        PeerId[] PickOnce()
        {
            AddressBook book = Create();
            for (int i = 0; i < 50; i++)
            {
                book.Add(Id(i), [At(8, 8, i)], AddressSource.Exchange, At(9, 9, 9));
            }

            return [.. book.Pick(10, static _ => true).Select(static peer => peer.Id)];
        }

        Assert.That(PickOnce(), Is.EqualTo(PickOnce()));
    }

    [Test]
    public void OnlySignedOrReachedPeersArePassedOn()
    {
        AddressBook book = Create();
        book.Add(Id(1), [At(8, 8, 8)], AddressSource.Identify, At(9, 9, 9));
        book.MarkReached(Id(2), At(8, 8, 9));
        book.AddRecord(Id(3), [At(8, 8, 7)], 1, Envelope, At(9, 9, 9));
        Assert.That(book.Share(10, static _ => true).Select(static peer => peer.Id), Is.EquivalentTo(new[] { Id(2), Id(3) }));
        Assert.That(book.Share(1, static _ => true), Has.Count.EqualTo(1));
    }

    private AddressBook Create(AddressBookOptions? options = null) => new(options ?? _options, _time, new SeededRandomSource(1, "book"));

    private static string[] Texts(AddressBook book, int peer) => [.. book.Find(Id(peer))!.Dialable.Select(static address => address.ToString())];
}
