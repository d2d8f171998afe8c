using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Guards;

internal sealed class ResourceManagerTests
{
    private static readonly Multiaddr Here = Strangers.Address("192.0.2.1");

    [Test]
    public void EveryScopeCountsAndAllGoesBackToZero()
    {
        ResourceManager manager = new(new ResourceOptions());
        ConnectionScope connection = Open(manager, true, Here);
        Assert.That((manager.System, manager.Transient), Is.EqualTo((new ResourceUsage(1, 0, 0, 0, 0), new ResourceUsage(1, 0, 0, 0, 0))));
        StreamScope early = OpenStream(connection, true);
        Assert.That(connection.TryReserveMemory(100, out MemoryReservation? buffer).IsValid, Is.True);
        Assert.That(connection.TryBindPeer(Strangers.Peer(1)).IsValid, Is.True);
        Assert.That((manager.Transient, manager.Of(Strangers.Peer(1))), Is.EqualTo((default(ResourceUsage), new ResourceUsage(1, 0, 1, 0, 100))), "all of it moved");
        StreamScope stream = OpenStream(connection, false);
        Assert.That(stream.TryReserveMemory(30, out _).IsValid, Is.True);
        Assert.That(stream.TryBindProtocol("/x").IsValid, Is.True);
        Assert.That(stream.TryReserveMemory(12, out MemoryReservation? body).IsValid, Is.True);
        Assert.That(manager.Of("/x"), Is.EqualTo(new ResourceUsage(0, 0, 0, 1, 42)));
        Assert.That(manager.System, Is.EqualTo(new ResourceUsage(1, 0, 1, 1, 142)));
        Assert.That(manager.Of(IpSubnet.Of(Here)!.Value), Is.EqualTo(manager.System));
        Assert.That(connection.Usage, Is.EqualTo(manager.System));
        body!.Dispose();
        body.Dispose();
        Assert.That(manager.Of("/x").MemoryBytes, Is.EqualTo(30));
        connection.Dispose();
        Assert.That(manager.System, Is.EqualTo(new ResourceUsage(0, 0, 1, 1, 30)), "the streams give back on their own");
        stream.Dispose();
        early.Dispose();
        buffer!.Dispose();
        stream.Dispose();
        connection.Dispose();
        Assert.That((manager.System, manager.ScopeCount), Is.EqualTo((default(ResourceUsage), 0)));
    }

    [Test]
    public void TheSystemIsLimitedByDirection()
    {
        ResourceManager manager = new(new ResourceOptions { System = new ResourceLimit { Connections = 3, InboundConnections = 2, OutboundConnections = 2 } });
        ConnectionScope first = Open(manager, true, Here);
        Open(manager, true, Here);
        Assert.That(manager.TryOpenConnection(true, Here, out ConnectionScope? none).Code, Is.EqualTo(ValidationCode.RateLimited));
        Assert.That(none, Is.Null);
        Open(manager, false, Here);
        Assert.That(manager.TryOpenConnection(false, Here, out _).IsValid, Is.False, "three in all");
        first.Dispose();
        Open(manager, false, Here);
        Assert.That(manager.TryOpenConnection(true, Here, out _).IsValid, Is.False);
    }

    [Test]
    public void TheTransientScopeIsLeftWhenThePeerIsKnown()
    {
        ResourceManager manager = new(new ResourceOptions { Transient = new ResourceLimit { Connections = 2, Streams = 1 } });
        ConnectionScope one = Open(manager, true, Here);
        ConnectionScope two = Open(manager, false, Here);
        Assert.That(manager.TryOpenConnection(true, Here, out _).Message, Does.Contain("transient"));
        OpenStream(one, true);
        Assert.That(two.TryOpenStream(true, out _).IsValid, Is.False);
        Assert.That(one.TryBindPeer(Strangers.Peer(1)).IsValid, Is.True);
        Open(manager, true, Here);
        OpenStream(two, true);
        Assert.That(() => one.TryBindPeer(Strangers.Peer(2)), Throws.InvalidOperationException);
    }

    [Test]
    public void APeerIsLimitedOverItsConnections()
    {
        ResourceManager manager = new(new ResourceOptions { Peer = new ResourceLimit { Connections = 2, Streams = 3, InboundStreams = 2, MemoryBytes = 100 } });
        ConnectionScope[] connections = [Open(manager, true, Here), Open(manager, true, Strangers.Address("198.51.100.1"))];
        Assert.That(connections.All(static connection => connection.TryBindPeer(Strangers.Peer(1)).IsValid), Is.True);
        ConnectionScope third = Open(manager, true, Here);
        ValidationResult tooMany = third.TryBindPeer(Strangers.Peer(1));
        Assert.That((tooMany.Code, tooMany.Field), Is.EqualTo((ValidationCode.RateLimited, nameof(ResourceLimit.Connections))));
        Assert.That(third.Peer, Is.Null);
        OpenStream(connections[0], true);
        OpenStream(connections[1], true);
        Assert.That(connections[1].TryOpenStream(true, out _).IsValid, Is.False);
        OpenStream(connections[1], false);
        Assert.That(connections[1].TryOpenStream(false, out _).IsValid, Is.False);
        Assert.That(connections[0].TryReserveMemory(60, out _).IsValid, Is.True);
        Assert.That(connections[1].TryReserveMemory(41, out _).IsValid, Is.False);
        Assert.That(connections[1].TryReserveMemory(40, out _).IsValid, Is.True);
        Assert.That(third.TryBindPeer(Strangers.Peer(2)).IsValid, Is.True, "a refusal changes nothing");
    }

    [Test]
    public void ASubnetIsLimitedAndLoopbackIsExempt()
    {
        ResourceOptions options = new() { Subnet = new ResourceLimit { Connections = 2 } };
        ResourceManager manager = new(options);
        Open(manager, true, Strangers.Address("192.0.2.1"));
        Open(manager, true, Strangers.Address("192.0.2.2"));
        Assert.That(manager.TryOpenConnection(true, Strangers.Address("192.0.2.3"), out _).Message, Does.Contain("192.0.2.0/24"));
        Open(manager, true, Strangers.Address("192.0.3.1"));
        for (int i = 0; i < 5; i++)
        {
            Open(manager, true, Strangers.Address("127.0.0.1"));
            Open(manager, true, Multiaddr.Memory("x"));
        }

        ResourceManager strict = new(options with { ExemptLoopback = false });
        Open(strict, true, Strangers.Address("127.0.0.1"));
        Open(strict, true, Strangers.Address("127.0.0.1"));
        Assert.That(strict.TryOpenConnection(true, Strangers.Address("127.0.0.1"), out _).IsValid, Is.False);
    }

    [Test]
    public void AProtocolIsLimitedInAllAndPerPeer()
    {
        ResourceManager manager = new(new ResourceOptions
        {
            Protocol = new ResourceLimit { Streams = 3, MemoryBytes = 100 },
            ProtocolPeer = new ResourceLimit { Streams = 2, MemoryBytes = 60 },
        });
        ConnectionScope one = Open(manager, true, Here);
        ConnectionScope two = Open(manager, true, Here);
        Assert.That((one.TryBindPeer(Strangers.Peer(1)).IsValid, two.TryBindPeer(Strangers.Peer(2)).IsValid), Is.EqualTo((true, true)));
        StreamScope first = OpenStream(one, true);
        Assert.That(first.TryBindProtocol("/x").IsValid, Is.True);
        Assert.That(() => first.TryBindProtocol("/y"), Throws.InvalidOperationException);
        Assert.That(OpenStream(one, true).TryBindProtocol("/x").IsValid, Is.True);
        StreamScope third = OpenStream(one, true);
        Assert.That(third.TryBindProtocol("/x").IsValid, Is.False, "two of one peer");
        Assert.That(third.TryBindProtocol("/y").IsValid, Is.True, "but of another protocol");
        StreamScope ofTwo = OpenStream(two, false);
        Assert.That(ofTwo.TryBindProtocol("/x").IsValid, Is.True);
        Assert.That(OpenStream(two, false).TryBindProtocol("/x").IsValid, Is.False, "three of all");
        Assert.That(first.TryReserveMemory(61, out _).IsValid, Is.False);
        Assert.That(first.TryReserveMemory(60, out _).IsValid, Is.True);
        Assert.That(ofTwo.TryReserveMemory(41, out _).IsValid, Is.False);
        Assert.That(ofTwo.TryReserveMemory(40, out MemoryReservation? reservation).IsValid, Is.True);
        Assert.That(reservation!.TryGrow(1).IsValid, Is.False);
        Assert.That(reservation.Bytes, Is.EqualTo(40));
    }

    [Test]
    public void AConnectionIsLimited()
    {
        ResourceManager manager = new(new ResourceOptions { Connection = new ResourceLimit { Streams = 2, MemoryBytes = 10 } });
        ConnectionScope connection = Open(manager, true, Here);
        StreamScope stream = OpenStream(connection, true);
        OpenStream(connection, false);
        Assert.That(connection.TryOpenStream(true, out _).IsValid, Is.False);
        Assert.That(stream.TryReserveMemory(11, out _).IsValid, Is.False);
        Assert.That(stream.TryReserveMemory(10, out _).IsValid, Is.True);
        Assert.That(connection.TryReserveMemory(1, out _).IsValid, Is.False);
        Assert.That(() => connection.TryReserveMemory(-1, out _), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void AStreamThatWasBoundBeforeItsPeerIsGivenBackRight()
    {
        ResourceManager manager = new(new ResourceOptions());
        ConnectionScope connection = Open(manager, true, Here);
        StreamScope stream = OpenStream(connection, true);
        Assert.That(stream.TryBindProtocol("/x").IsValid, Is.True);
        Assert.That(connection.TryBindPeer(Strangers.Peer(1)).IsValid, Is.True);
        stream.Dispose();
        connection.Dispose();
        Assert.That((manager.System, manager.ScopeCount), Is.EqualTo((default(ResourceUsage), 0)));
    }

    [Test]
    public void WhatIsClosedGetsNothing()
    {
        ResourceManager manager = new(new ResourceOptions());
        ConnectionScope connection = Open(manager, true, Here);
        StreamScope stream = OpenStream(connection, true);
        stream.Dispose();
        connection.Dispose();
        Assert.That(connection.TryOpenStream(true, out _).IsValid || connection.TryBindPeer(Strangers.Peer(1)).IsValid || connection.TryReserveMemory(1, out _).IsValid, Is.False);
        Assert.That(stream.TryBindProtocol("/x").IsValid || stream.TryReserveMemory(1, out _).IsValid, Is.False);
        Assert.That((manager.System, manager.ScopeCount), Is.EqualTo((default(ResourceUsage), 0)));
    }

    [Test]
    public void ManyThreadsNeverExceedALimitAndLeaveNothing()
    {
        ResourceManager manager = new(new ResourceOptions
        {
            System = new ResourceLimit { Connections = 20, Streams = 40, MemoryBytes = 4000 },
            Peer = new ResourceLimit { Connections = 6, Streams = 15, MemoryBytes = 1500 },
            Subnet = new ResourceLimit { Connections = 9 },
        });
        Thread[] threads = [.. Enumerable.Range(0, 6).Select(seed => new Thread(() => Churn(manager, new Random(seed))))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.That((manager.System, manager.Transient, manager.ScopeCount), Is.EqualTo((default(ResourceUsage), default(ResourceUsage), 0)));
    }

    [Test]
    public void DefaultsGrowWithTheNode()
    {
        Assert.That(new ResourceOptions().Validate().IsValid, Is.True);
        ResourceOptions large = ResourceOptions.For(1000, 64L << 30);
        Assert.That(large.Validate().IsValid, Is.True);
        Assert.That((large.System.Connections, large.System.MemoryBytes), Is.EqualTo((5152, 8L << 30)));
        Assert.That(ResourceOptions.For(1, 1).System.MemoryBytes, Is.EqualTo(128L << 20));
        Assert.That(ResourceOptions.For(int.MaxValue, long.MaxValue).Validate().IsValid, Is.True);
        Assert.That(() => new ResourceManager(new ResourceOptions { Peer = new ResourceLimit { Streams = 0 } }), Throws.ArgumentException);
        Assert.That(() => new ResourceManager(new ResourceOptions { Connection = new ResourceLimit { MemoryBytes = -1 } }), Throws.ArgumentException);
    }

    private static void Churn(ResourceManager manager, Random random)
    {
        List<IDisposable> held = [];
        for (int i = 0; i < 1500; i++)
        {
            if (manager.TryOpenConnection(random.Next(2) == 0, Strangers.Address($"192.0.{random.Next(3)}.1"), out ConnectionScope? connection).IsValid)
            {
                held.Add(connection!);
                bool isBound = random.Next(4) > 0 && connection!.TryBindPeer(Strangers.Peer(random.Next(4))).IsValid;
                for (int j = random.Next(5); j > 0 && connection!.TryOpenStream(j % 2 == 0, out StreamScope? stream).IsValid; j--)
                {
                    held.Add(stream!);
                    if (stream!.TryBindProtocol($"/p{random.Next(3)}").IsValid && stream.TryReserveMemory(random.Next(500), out MemoryReservation? memory).IsValid && isBound)
                    {
                        held.Add(memory!);
                    }
                }
            }

            ResourceUsage system = manager.System;
            Assert.That(system.Connections is >= 0 and <= 20 && system.Streams is >= 0 and <= 40 && system.MemoryBytes is >= 0 and <= 4000, Is.True, system.ToString());
            Assert.That(manager.Of(Strangers.Peer(1)).Streams, Is.InRange(0, 15));
            while (held.Count > random.Next(20))
            {
                int place = random.Next(held.Count);
                held[place].Dispose();
                held.RemoveAt(place);
            }
        }

        held.ForEach(static scope => scope.Dispose());
    }

    private static ConnectionScope Open(ResourceManager manager, bool isInbound, Multiaddr address)
    {
        Assert.That(manager.TryOpenConnection(isInbound, address, out ConnectionScope? scope).ToString(), Is.EqualTo("Ok"));
        return scope!;
    }

    private static StreamScope OpenStream(ConnectionScope connection, bool isInbound)
    {
        Assert.That(connection.TryOpenStream(isInbound, out StreamScope? scope).ToString(), Is.EqualTo("Ok"));
        return scope!;
    }
}
