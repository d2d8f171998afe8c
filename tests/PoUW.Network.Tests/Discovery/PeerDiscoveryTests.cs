using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Network.Discovery;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using static PoUW.Network.Tests.Discovery.TestPeers;

namespace PoUW.Network.Tests.Discovery;

/// <summary>Discovery on one thread and a clock of the test, over a host that answers from a script.</summary>
internal sealed class PeerDiscoveryTests
{
    private static readonly IdentityVerifier Verifier = IdentityVerifier.Create();

    private readonly ManualTimeProvider _time = new();
    private InMemoryKeyValueStore _store = null!;
    private ScriptedHost _host = null!;
    private AddressBook _book = null!;
    private BanList _bans = null!;

    [SetUp]
    public void Begin()
    {
        _time.Advance(TimeSpan.FromDays(100));
        _store = new InMemoryKeyValueStore();
        _host = new ScriptedHost(Id(9999)) { Backoff = BackoffOf(TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(30)) };
        _bans = new BanList(new BanListOptions(), _time);
        _book = new AddressBook(new AddressBookOptions(), _time, new SeededRandomSource(1, "book"));
    }

    [TearDown]
    public void Close() => _store.Dispose();

    [Test]
    public void TheBootstrapListComesFirst()
    {
        for (int i = 0; i < 50; i++)
        {
            _book.MarkReached(Id(i), At(8, i, 1));
        }

        Multiaddr[] bootstrap = [At(1, 1, 1).WithPeer(Id(100)), At(1, 1, 2).WithPeer(Id(101))];
        Run(new PeerDiscoveryOptions { Bootstrap = bootstrap, HighWater = 5 }, async _ =>
        {
            await Settle();
            Assert.That(_host.Peers, Has.Count.EqualTo(5));
            Assert.That(_host.Dialed.Take(2), Is.EqualTo(bootstrap.Select(static address => address.ToString())));
        });
    }

    [Test]
    public void ABootstrapAddressWithoutAPeerTakesWhoeverIsThere()
    {
        _host.Answer = static address => new ConnectResult(CloseReason.None, address.Peer ?? Id(5));
        Run(new PeerDiscoveryOptions { Bootstrap = [At(1, 1, 1)] }, async _ =>
        {
            await Settle();
            Assert.That(_host.Dialed, Is.EqualTo(new[] { At(1, 1, 1).ToString() }));
            Assert.That(_book.Find(Id(5))!.IsProven, Is.True);
        });
    }

    [Test]
    public void WhoeverSitsAtANamelessBootstrapAddressIsNotKeptForEver()
    {
        // Each time another peer is there, as with a node that makes a new key at every start.
        int next = 0;
        _host.Answer = _ => new ConnectResult(CloseReason.None, Id(next++));
        Run(new PeerDiscoveryOptions { Bootstrap = [At(1, 1, 1)], Interval = TimeSpan.FromSeconds(1) }, async _ =>
        {
            for (int i = 0; i < 20; i++)
            {
                await Settle();
                _time.Advance(new PeerDiscoveryOptions().MinConnectionLife);
                _host.Disconnect(_host.Peers[0].Id);
            }
        });
        Assert.That(next, Is.GreaterThanOrEqualTo(20));
        _time.Advance(new AddressBookOptions().ProvenLifetime + TimeSpan.FromDays(1));
        _book.Expire();
        Assert.That(_book.Count, Is.Zero);
    }

    [TestCase(CloseReason.Unreachable)]
    [TestCase(CloseReason.Duplicate)]
    [TestCase(CloseReason.SelfConnection)]
    [TestCase(CloseReason.Unauthorized)]
    [TestCase(CloseReason.ShuttingDown)]
    public void AnAddressThatGivesNoConnectionIsNotDialedWithoutEnd(CloseReason reason)
    {
        // Also where the peer is connected already, but dialed from another port.
        _host.Answer = _ => new ConnectResult(reason, reason == CloseReason.Unreachable ? null : Id(1));
        Run(new PeerDiscoveryOptions { Bootstrap = [At(1, 1, 1), At(1, 1, 2).WithPeer(Id(2))] }, async _ =>
        {
            if (reason == CloseReason.Duplicate)
            {
                _host.Connect(Id(1), At(1, 1, 9), isInbound: true);
                _host.Connect(Id(2), At(1, 1, 8), isInbound: true);
            }

            await Settle();
            Assert.That(_host.Dialed.Count(static address => address == At(1, 1, 1).ToString()), Is.EqualTo(1));
            Assert.That(_host.Dialed.Count(static address => address.Contains("/p2p/", StringComparison.Ordinal)), Is.LessThanOrEqualTo(1));
        });
    }

    /// <summary>Its own refusals are no dials, so nobody tells the back-off of them: banned peers, addresses that no transport dials, a full host.</summary>
    [TestCase(CloseReason.Banned)]
    [TestCase(CloseReason.Unauthorized)]
    [TestCase(CloseReason.TooManyPeers)]
    [TestCase(CloseReason.Unreachable)]
    public void WhatThisNodeItselfRefusesIsNotTriedWithoutEnd(CloseReason reason)
    {
        _host.IsDialing = false;
        _host.Answer = address => new ConnectResult(reason, address.Peer);
        Multiaddr[] bootstrap = [At(1, 1, 1), At(1, 1, 2).WithPeer(Id(2))];
        Run(new PeerDiscoveryOptions { Bootstrap = bootstrap }, async _ =>
        {
            await Settle();
            Assert.That(_host.Dialed, Is.EquivalentTo(bootstrap.Select(static address => address.ToString())));
            _time.Advance(TimeSpan.FromSeconds(15));
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(4), "later it tries again");
        });
    }

    [Test]
    public void APeerThatAlwaysSaysDuplicateIsNotDialedWithoutEnd()
    {
        _book.Add(Id(1), [At(8, 8, 8)], AddressSource.Identify, At(9, 9, 9));
        _host.Answer = static address => new ConnectResult(CloseReason.Duplicate, address.Peer);
        Run(new PeerDiscoveryOptions(), async _ =>
        {
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(1));
            Assert.That(_book.Find(Id(1))!.IsProven, Is.False, "there is no connection with it");
        });
    }

    [Test]
    public void APeerThatAdmitsAndLeavesIsNotDialedWithoutEnd([Values] bool isNamed, [Values] bool isAtOnce)
    {
        Multiaddr address = isNamed ? At(1, 1, 1).WithPeer(Id(5)) : At(1, 1, 1);
        _host.Answer = static _ => new ConnectResult(CloseReason.None, Id(5));
        if (isAtOnce)
        {
            _host.PeerConnected += peer => _host.Disconnect(peer.Id);
        }

        Run(new PeerDiscoveryOptions { Bootstrap = [address] }, async _ =>
        {
            for (int i = 0; i < 10; i++)
            {
                await Settle();
                if (_host.Peers.Count > 0)
                {
                    _host.Disconnect(Id(5));
                }
            }

            Assert.That(_host.Dialed, Has.Count.EqualTo(1));
            _time.Advance(TimeSpan.FromSeconds(15));
            await Settle();
            Assert.That(_host.Dialed.Count, Is.InRange(2, isNamed ? 2 : 3), "the book knows by now who was at the nameless address");
        });
    }

    [Test]
    public void APeerThatStayedAWhileIsDialedAgainAtOnce()
    {
        Run(new PeerDiscoveryOptions { Bootstrap = [At(1, 1, 1).WithPeer(Id(5))] }, async _ =>
        {
            await Settle();
            _time.Advance(new PeerDiscoveryOptions().MinConnectionLife);
            _host.Disconnect(Id(5));
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(2));
        });
    }

    [Test]
    public void BansOutliveARestart()
    {
        Run(new PeerDiscoveryOptions { SaveInterval = TimeSpan.FromSeconds(5), Interval = TimeSpan.FromSeconds(5) }, async _ =>
        {
            _bans.Add(Id(7), TimeSpan.FromDays(1), "late");
            await Settle();
            _time.Advance(TimeSpan.FromSeconds(5));
            await Settle();
            Assert.That(_store.ScanPrefix("network/bans/"u8).Count(), Is.EqualTo(1));
            _bans.Add(Id(8), TimeSpan.FromDays(1), "at the end");
        });
        _bans = new BanList(new BanListOptions(), _time);
        Run(new PeerDiscoveryOptions(), _ =>
        {
            Assert.That(_bans.IsBanned(Id(7)) && _bans.IsBanned(Id(8)), Is.True);
            return Task.CompletedTask;
        });
    }

    [Test]
    public void ItFillsToTheHighWaterAndRestsUntilTheLowOne()
    {
        for (int i = 0; i < 50; i++)
        {
            _book.MarkReached(Id(i), At(8, i, 1));
        }

        Run(new PeerDiscoveryOptions { LowWater = 3, HighWater = 6, MaxConcurrentDials = 2 }, async _ =>
        {
            await Settle();
            Assert.That(_host.Peers, Has.Count.EqualTo(6));
            for (int left = 5; left >= 3; left--)
            {
                _host.Disconnect(_host.Peers[0].Id);
                await Settle();
                Assert.That(_host.Peers, Has.Count.EqualTo(left), "above the low water it rests");
            }

            _host.Disconnect(_host.Peers[0].Id);
            await Settle();
            Assert.That(_host.Peers, Has.Count.EqualTo(6));
        });
    }

    [Test]
    public void ConnectionsThatOthersMadeDoNotCount()
    {
        for (int i = 0; i < 20; i++)
        {
            _host.Connect(Id(1000 + i), At(66, 6, i), isInbound: true);
        }

        _book.MarkReached(Id(1), At(8, 1, 1));
        Run(new PeerDiscoveryOptions(), async _ =>
        {
            await Settle();
            Assert.That(_host.Peers.Where(static peer => !peer.IsInbound).Select(static peer => peer.Id), Is.EqualTo(new[] { Id(1) }));
        });
    }

    [Test]
    public void NoMoreDialsThanAllowedAreUnderWay()
    {
        for (int i = 0; i < 50; i++)
        {
            _book.MarkReached(Id(i), At(8, i, 1));
        }

        TaskCompletionSource gate = new();
        _host.Gate = gate.Task;
        Run(new PeerDiscoveryOptions { MaxConcurrentDials = 3 }, async discovery =>
        {
            await Settle();
            discovery.Wake();
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(3));
            gate.SetResult();
            await Settle();
            Assert.That(_host.Peers, Has.Count.EqualTo(new PeerDiscoveryOptions().HighWater));
        });
    }

    [Test]
    public void OneSubnetDoesNotGetAllConnections()
    {
        for (int i = 0; i < 50; i++)
        {
            _book.MarkReached(Id(i), At(66, 6, i));
        }

        _book.MarkReached(Id(100), At(8, 8, 8));
        Run(new PeerDiscoveryOptions { MaxDialedPerSubnet = 2 }, async discovery =>
        {
            await Settle();
            discovery.Wake();
            await Settle();
            Assert.That(_host.Peers, Has.Count.EqualTo(3));
        });
    }

    [Test]
    public void NoAddressOfAPeerLeadsIntoAFullSubnet()
    {
        for (int i = 0; i < 10; i++)
        {
            _book.Add(Id(i), [At(11, i, 1), At(66, 6, i)], AddressSource.Identify, At(9, 9, 9));
        }

        _host.Answer = static address => address.ToString().StartsWith("/ip4/11.", StringComparison.Ordinal)
            ? new ConnectResult(CloseReason.Unreachable, null)
            : new ConnectResult(CloseReason.None, address.Peer);
        Run(new PeerDiscoveryOptions { MaxDialedPerSubnet = 2 }, async _ =>
        {
            await Settle();
            Assert.That(_host.Peers, Has.Count.EqualTo(2));
            Assert.That(_host.Dialed.Count(static address => address.StartsWith("/ip4/11.", StringComparison.Ordinal)), Is.EqualTo(10));
        });
    }

    [Test]
    public void DialsUnderWayCountForTheirSubnet()
    {
        for (int i = 0; i < 50; i++)
        {
            _book.MarkReached(Id(i), At(66, 6, i));
        }

        TaskCompletionSource gate = new();
        _host.Gate = gate.Task;
        Run(new PeerDiscoveryOptions { MaxDialedPerSubnet = 2 }, async discovery =>
        {
            for (int i = 0; i < 3; i++)
            {
                await Settle();
                discovery.Wake();
            }

            Assert.That(_host.Dialed, Has.Count.EqualTo(2));
            gate.SetResult();
            await Settle();
            Assert.That(_host.Peers, Has.Count.EqualTo(2));
        });
    }

    [Test]
    public void NamesDoNotLeadAroundTheLimitOfASubnet()
    {
        for (int i = 0; i < 8; i++)
        {
            _book.Add(Id(i), [Multiaddr.Parse($"/dns4/node.name{i}.org/tcp/4001")], AddressSource.Identify, At(9, 9, 9));
        }

        int next = 0;
        _host.Resolve = _ => At(66, 6, next++);
        Run(new PeerDiscoveryOptions { MaxDialedPerSubnet = 2, MaxConcurrentDials = 1 }, async _ =>
        {
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(8), "before the dial nobody knows where a name leads");
            Assert.That(_host.Peers, Has.Count.EqualTo(2));
        });
    }

    [Test]
    public void FakePeersAtItsAddressDoNotHideAPeer()
    {
        // Whoever listens there proves to be peer 1.
        _host.Answer = static address => new ConnectResult(address.Peer == Id(1) ? CloseReason.None : CloseReason.WrongPeer, Id(1));
        _book.Add(Id(2), [At(8, 8, 8)], AddressSource.Identify, At(9, 9, 9));
        Run(new PeerDiscoveryOptions(), async discovery =>
        {
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(1));
            _book.Add(Id(1), [At(8, 8, 8)], AddressSource.Identify, At(8, 8, 8));
            discovery.Wake();
            await Settle();
            Assert.That(_host.Peers.Select(static peer => peer.Id), Is.EqualTo(new[] { Id(1) }));
        });
    }

    [Test]
    public void AnOutageOfThisNodeDoesNotEmptyTheBook()
    {
        _book.MarkReached(Id(1), At(8, 8, 8));
        _host.Answer = static _ => new ConnectResult(CloseReason.Unreachable, null);
        Run(new PeerDiscoveryOptions(), async _ =>
        {
            async Task Fail(int times)
            {
                for (int i = 0; i < times; i++)
                {
                    await Settle();
                    _time.Advance(TimeSpan.FromMinutes(31));
                }
            }

            await Fail(20);
            Assert.That(_host.Dialed, Has.Count.GreaterThan(10));
            Assert.That(_book.Find(Id(1)), Is.Not.Null, "nobody was connected: it may be the fault of this node");
            _host.Connect(Id(9), At(9, 9, 9), isInbound: true);
            await Fail(20);
            Assert.That(_book.Find(Id(1)), Is.Null);
        });
    }

    [TestCase(CloseReason.Lost)]
    [TestCase(CloseReason.HandshakeTimeout)]
    public void AHandshakeThatBreaksIsTriedAtTheOtherAddress(CloseReason reason)
    {
        _book.Add(Id(1), [At(8, 8, 1), At(8, 8, 2)], AddressSource.Identify, At(9, 9, 9));
        _host.Answer = address => new ConnectResult(address.WithoutPeer() == At(8, 8, 1) ? reason : CloseReason.None, Id(1));
        Run(new PeerDiscoveryOptions(), async _ =>
        {
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(2));
            Assert.That(_host.Peers, Has.Count.EqualTo(1));
        });
        _host.Disconnect(Id(1));
        _host.Answer = _ => new ConnectResult(reason, Id(1));
        _host.Backoff = BackoffOf(TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(30));
        Run(new PeerDiscoveryOptions(), async discovery =>
        {
            await Settle();
            discovery.Wake();
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(4), "each address once more, not without end");
        });
    }

    [Test]
    public void AnAddressThatTheOperatorNoLongerWritesLosesItsPrivileges()
    {
        Multiaddr[] before = [At(1, 1, 1).WithPeer(Id(1)), At(1, 1, 2).WithPeer(Id(2)), At(1, 1, 3).WithPeer(Id(3))];
        _host.Answer = static address => new ConnectResult(address.Peer == Id(3) ? CloseReason.Unreachable : CloseReason.None, address.Peer);
        Run(new PeerDiscoveryOptions { Bootstrap = before }, async _ => await Settle());
        _book = new AddressBook(new AddressBookOptions(), _time, new SeededRandomSource(1, "book"));
        Run(new PeerDiscoveryOptions { Bootstrap = [before[0]], LowWater = 0, HighWater = 0 }, async _ =>
        {
            await Settle();
            Assert.That(_book.Find(Id(1))!.IsBootstrap, Is.True);
            Assert.That(_book.Find(Id(2))!.IsBootstrap, Is.False);
            Assert.That(_book.Find(Id(2))!.IsProven, Is.True);
            Assert.That(_book.Find(Id(3))!.IsBootstrap, Is.False);
            _time.Advance(TimeSpan.FromDays(2));
            _book.Expire();
            Assert.That(new[] { 1, 2, 3 }.Select(i => _book.Find(Id(i)) is not null), Is.EqualTo(new[] { true, true, false }));
        });
    }

    [Test]
    public void APeerThatFailsIsLeftAloneLongerEachTime()
    {
        _host.Answer = static _ => new ConnectResult(CloseReason.Unreachable, null);
        _book.Add(Id(1), [At(8, 8, 8)], AddressSource.Bootstrap, null);
        PeerDiscoveryOptions options = new() { Interval = TimeSpan.FromSeconds(1) };
        _host.Backoff = BackoffOf(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(80));
        Run(options, async _ =>
        {
            List<int> seconds = [];
            for (int second = 0; second < 240; second++)
            {
                int before = _host.Dialed.Count;
                await Settle();
                if (_host.Dialed.Count > before)
                {
                    seconds.Add(second);
                }

                _time.Advance(TimeSpan.FromSeconds(1));
            }

            Assert.That(seconds, Is.EqualTo(new[] { 0, 10, 30, 70, 150, 230 }));
        });
    }

    [Test]
    public void AllAddressesAreTriedUnlessThePeerItselfRefuses()
    {
        _book.Add(Id(1), [At(8, 8, 1), At(8, 8, 2)], AddressSource.Identify, At(9, 9, 9));
        _book.Add(Id(2), [At(8, 9, 1), At(8, 9, 2)], AddressSource.Identify, At(9, 9, 9));
        _host.Answer = static address => new ConnectResult(address.Peer == Id(1) ? CloseReason.Unreachable : CloseReason.Unauthorized, null);
        Run(new PeerDiscoveryOptions(), async _ =>
        {
            await Settle();
            Assert.That(_host.Dialed.Count(static text => text.Contains("/8.8.", StringComparison.Ordinal)), Is.Zero.Or.EqualTo(2));
            Assert.That(_host.Dialed.Where(static text => text.Contains(Id(1).ToString(), StringComparison.Ordinal)).Count(), Is.EqualTo(2));
            Assert.That(_host.Dialed.Where(static text => text.Contains(Id(2).ToString(), StringComparison.Ordinal)).Count(), Is.EqualTo(1));
            Assert.That(_book.Find(Id(1))!.Addresses.Select(static known => known.Failures), Is.EqualTo(new[] { 1, 1 }));
            Assert.That(_book.Find(Id(2))!.Addresses.Select(static known => known.Failures), Is.EqualTo(new[] { 0, 0 }));
        });
    }

    [TestCase(CloseReason.WrongNetwork)]
    [TestCase(CloseReason.SelfConnection)]
    [TestCase(CloseReason.Banned)]
    public void PeersThatAreOfNoUseAreForgotten(CloseReason reason)
    {
        _book.MarkReached(Id(1), At(8, 8, 1));
        _book.Add(Id(2), [At(8, 8, 2)], AddressSource.Bootstrap, null);
        _host.Answer = address => new ConnectResult(reason, address.Peer);
        Run(new PeerDiscoveryOptions(), async _ =>
        {
            await Settle();
            Assert.That(_book.Find(Id(1)), Is.Null);
            Assert.That(_book.Find(Id(2)), Is.Not.Null, "the operator's word stands");
        });
    }

    [Test]
    public void SourcesAreAskedWhenTheBookRunsOutAndNotTooOften()
    {
        ScriptedSource source = new(_book);
        Run(new PeerDiscoveryOptions { SourceInterval = TimeSpan.FromSeconds(30) }, async discovery =>
        {
            await Settle();
            Assert.That(source.Questions, Is.EqualTo(1));
            Assert.That(_host.Peers, Has.Count.EqualTo(1), "what a source finds is dialed");
            discovery.Wake();
            await Settle();
            Assert.That(source.Questions, Is.EqualTo(1));
            _time.Advance(TimeSpan.FromSeconds(30));
            await Settle();
            Assert.That(source.Questions, Is.EqualTo(2));
        }, source, new BrokenSource());
    }

    [Test]
    public void WhatPeersSayIsLearnedAndSaved()
    {
        Run(new PeerDiscoveryOptions { SaveInterval = TimeSpan.FromSeconds(5), Interval = TimeSpan.FromSeconds(5), HighWater = 0, LowWater = 0 }, async _ =>
        {
            _host.Connect(Id(1), At(9, 9, 9), isInbound: true, At(8, 8, 1));
            _host.Connect(Id(2), At(8, 8, 2), isInbound: false);
            _host.Update(Id(1), At(8, 8, 3));
            Assert.That(_book.Find(Id(1))!.Dialable, Is.EquivalentTo(new[] { At(8, 8, 1), At(8, 8, 3) }), "where an inbound peer comes from is not where it listens");
            Assert.That(_book.Find(Id(2))!.IsProven, Is.True);
            await Settle();
            Assert.That(_store.ScanPrefix("network/peers/"u8), Is.Empty);
            _time.Advance(TimeSpan.FromSeconds(5));
            await Settle();
            Assert.That(_store.ScanPrefix("network/peers/"u8).Count(), Is.EqualTo(2));
        });
        AddressBook again = new(new AddressBookOptions(), _time, new SeededRandomSource(1, "book"));
        Assert.That(again.Load(_store, "network/peers/"u8), Is.EqualTo(2));
    }

    [Test]
    public void ALimitOfThisNodeIsNoFaultOfThePeer()
    {
        _book.MarkReached(Id(1), At(8, 8, 1));
        _host.Answer = static _ => throw new NetworkException(NetworkError.LimitReached, "too many dials");
        Run(new PeerDiscoveryOptions(), async _ =>
        {
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(1));
            Assert.That(_book.Find(Id(1))!.Addresses[0].Failures, Is.Zero);
        });
    }

    /// <summary>As gossip tells of peers when it prunes: only what is signed counts, and only from somebody who is here.</summary>
    [Test]
    public void APeerThatAnotherOneSuggestsIsDialed()
    {
        IdentityKey key = TestKeys.Of(3);
        byte[] record = PeerRecord.Seal(key, 1, [At(8, 8, 3)]);
        byte[] forged = [.. record[..^1], (byte)(record[^1] ^ 1)];
        Run(new PeerDiscoveryOptions { Bootstrap = [At(1, 1, 1).WithPeer(Id(1))] }, async discovery =>
        {
            await Settle();
            discovery.Suggest(forged, Id(1));
            discovery.Suggest(default, Id(1));
            discovery.Suggest(record, Id(2));
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(1));
            discovery.Suggest(record, Id(1));
            await Settle();
            Assert.That(_host.Dialed, Has.Count.EqualTo(2));
            Assert.That(_host.Peers.Select(static peer => peer.Id), Does.Contain(key.Id));
        });
    }

    private DialBackoff BackoffOf(TimeSpan first, TimeSpan longest) => new(
        new DialBackoffOptions { First = first, Longest = longest, JitterPercent = 0 }, _time, new SeededRandomSource(1, "dials"));

    private void Run(PeerDiscoveryOptions options, Func<PeerDiscovery, Task> scenario, params IPeerSource[] sources)
    {
        SimulationWorld world = new();
        world.Run(async () =>
        {
            await using PeerDiscovery discovery = new(new PeerDiscoverySetup
            {
                Host = _host,
                Dial = _host.DialAsync,
                Disconnect = _host.DisconnectAsync,
                Backoff = _host.Backoff,
                Book = _book,
                Bans = _bans,
                Sources = sources,
                Store = _store,
                Verifier = Verifier,
                Options = options,
                Time = _time,
                Spawner = world,
            });
            discovery.Start();
            await scenario(discovery);
        });
        Assert.That(world.Escapes, Is.Zero);
    }

    /// <summary>Lets everything that can run now run.</summary>
    private static async Task Settle()
    {
        for (int i = 0; i < 200; i++)
        {
            await Task.Yield();
        }
    }

    private sealed class ScriptedSource(AddressBook book) : IPeerSource
    {
        public int Questions { get; private set; }

        public ValueTask FindAsync(int wanted, CancellationToken cancellation)
        {
            Questions++;
            book.Add(Id(Questions), [At(8, Questions, 1)], AddressSource.Rendezvous, At(9, 9, 9));
            return ValueTask.CompletedTask;
        }
    }

    private sealed class BrokenSource : IPeerSource
    {
        public ValueTask FindAsync(int wanted, CancellationToken cancellation) => throw new NetworkException(NetworkError.Closed, "gone");
    }
}
