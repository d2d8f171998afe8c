using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Network.Discovery;
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

    [SetUp]
    public void Begin()
    {
        _time.Advance(TimeSpan.FromDays(100));
        _store = new InMemoryKeyValueStore();
        _host = new ScriptedHost(Id(9999));
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
            Assert.That(_book.Find(Id(5))!.IsBootstrap, Is.True);
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
    public void APeerThatFailsIsLeftAloneLongerEachTime()
    {
        _host.Answer = static _ => new ConnectResult(CloseReason.Unreachable, null);
        _book.Add(Id(1), [At(8, 8, 8)], AddressSource.Bootstrap, null);
        PeerDiscoveryOptions options = new() { Interval = TimeSpan.FromSeconds(1), RetryAfter = TimeSpan.FromSeconds(10), MaxRetryAfter = TimeSpan.FromSeconds(80) };
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

    private void Run(PeerDiscoveryOptions options, Func<PeerDiscovery, Task> scenario, params IPeerSource[] sources)
    {
        SimulationWorld world = new();
        world.Run(async () =>
        {
            await using PeerDiscovery discovery = new(
                _host, _host.DialAsync, _book, sources, _store, Verifier, options, _time, world, new NullNetworkObserver());
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
