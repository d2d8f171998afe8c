using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Network.Discovery;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using static PoUW.Network.Tests.Discovery.TestPeers;

namespace PoUW.Network.Tests.Discovery;

internal sealed class AddressBookStoreTests
{
    private static readonly KnownPeer Sample = new(
        Id(7),
        [
            new KnownAddress(At(8, 8, 8), AddressSource.SignedRecord, 1000, 900, 800, 3),
            new KnownAddress(Multiaddr.Parse("/dns4/node.example.org/tcp/1"), AddressSource.Bootstrap, 0),
        ],
        new byte[] { 1, 2, 3 },
        17,
        "8.8");

    private readonly ManualTimeProvider _time = new();
    private readonly byte[] _prefix = "book/"u8.ToArray();

    [SetUp]
    public void StartAfterTheEpoch() => _time.Advance(TimeSpan.FromDays(100));

    [Test]
    public void WhatWasSavedIsLoaded()
    {
        using InMemoryKeyValueStore store = new();
        AddressBook book = Create();
        book.AddRecord(Id(1), [At(8, 8, 8)], 5, [1, 2], At(9, 9, 9));
        book.MarkReached(Id(2), At(8, 8, 9));
        book.MarkFailed(Id(2), At(8, 8, 9));
        Assert.That(book.Save(store, _prefix), Is.EqualTo(2));
        Assert.That(book.Save(store, _prefix), Is.Zero, "nothing changed");

        AddressBook again = Create();
        Assert.That(again.Load(store, _prefix), Is.EqualTo(2));
        foreach (int peer in new[] { 1, 2 })
        {
            Assert.That(AddressBookCodec.Encode(again.Find(Id(peer))!), Is.EqualTo(AddressBookCodec.Encode(book.Find(Id(peer))!)));
        }

        again.Remove(Id(1));
        again.Save(store, _prefix);
        Assert.That(Create().Load(store, _prefix), Is.EqualTo(1));
    }

    [Test]
    public void DamagedAndForeignEntriesAreLeftOutAndRemoved()
    {
        using InMemoryKeyValueStore store = new();
        byte[] good = AddressBookCodec.Encode(Sample);
        store.Apply(new WriteBatch()
            .Put([.. _prefix, .. Id(7).Bytes], good)
            .Put([.. _prefix, .. Id(8).Bytes], good)
            .Put([.. _prefix, .. Id(9).Bytes], [99])
            .Put([.. _prefix, 1], good)
            .Put("other/"u8, good));
        AddressBook book = Create();
        Assert.That(book.Load(store, _prefix), Is.EqualTo(1));
        book.Save(store, _prefix);
        Assert.That(store.Get([.. _prefix, .. Id(8).Bytes]), Is.Null);
        Assert.That(store.Get([.. _prefix, .. Id(9).Bytes]), Is.Null);
        Assert.That(store.Get("other/"u8), Is.Not.Null);
    }

    [Test]
    public void ALoadKeepsTheLimits()
    {
        using InMemoryKeyValueStore store = new();
        AddressBook large = Create();
        for (int i = 0; i < 100; i++)
        {
            large.MarkReached(Id(i), At(8, 8, i));
        }

        large.Save(store, _prefix);
        AddressBook small = new(new AddressBookOptions { MaxPeers = 10 }, _time, new SeededRandomSource(1, "book"));
        Assert.That(small.Load(store, _prefix), Is.EqualTo(10));
        small.Save(store, _prefix);
        Assert.That(Create().Load(store, _prefix), Is.EqualTo(10));
    }

    [Test]
    public void AFailedSaveIsTriedAgain()
    {
        InMemoryKeyValueStore closed = new();
        closed.Dispose();
        using InMemoryKeyValueStore store = new();
        AddressBook book = Create();
        book.MarkReached(Id(2), At(8, 8, 9));
        Assert.That(() => book.Save(closed, _prefix), Throws.Exception);
        Assert.That(book.Save(store, _prefix), Is.EqualTo(1));
    }

    [Test]
    public void TheCodecKeepsEverything()
    {
        byte[] encoded = AddressBookCodec.Encode(Sample);
        Assert.That(AddressBookCodec.TryDecode(encoded, out KnownPeer? peer).IsValid, Is.True);
        Assert.That(AddressBookCodec.Encode(peer!), Is.EqualTo(encoded));
        Assert.That(peer!.Addresses, Is.EqualTo(Sample.Addresses));
    }

    [Test]
    public void EachCheckOfTheCodecRefuses()
    {
        byte[] good = AddressBookCodec.Encode(Sample);
        Assert.That(CodeOf([]), Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(CodeOf(new byte[AddressBookCodec.MaxEncodedBytes + 1]), Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(CodeOf([2, .. good[1..]]), Is.EqualTo(ValidationCode.WrongVersion));
        Assert.That(CodeOf(good[..^1]), Is.EqualTo(ValidationCode.Malformed));
        Assert.That(CodeOf([1]), Is.EqualTo(ValidationCode.Malformed), "no id");
        Assert.That(CodeOf([1, 10, 1, 5]), Is.EqualTo(ValidationCode.Malformed), "no id");
        Assert.That(CodeOf([.. good, 18, 2, 10, 0]), Is.EqualTo(ValidationCode.Malformed), "an address without bytes");
        Assert.That(CodeOf([.. good, 18, 0]), Is.EqualTo(ValidationCode.Malformed), "an address without an address");
        byte[] address = [10, 8, 4, 8, 8, 8, 8, 6, 0, 1];
        Assert.That(CodeOf([.. good, 18, 10, .. address]), Is.EqualTo(ValidationCode.Ok));
        Assert.That(CodeOf([.. good, 18, 12, .. address, 16, 6]), Is.EqualTo(ValidationCode.OutOfRange), "an unknown source");
        byte[] tooLong = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        Assert.That(CodeOf([.. good, 18, 21, .. address, 24, .. tooLong]), Is.EqualTo(ValidationCode.OutOfRange), "a time beyond all");
        Assert.That(CodeOf([.. good, 18, 21, .. address, 48, .. tooLong]), Is.EqualTo(ValidationCode.OutOfRange), "failures beyond all");
        Assert.That(CodeOf([.. good, 42, 0xAC, 2, .. new byte[300]]), Is.EqualTo(ValidationCode.TooLarge), "a group");
        byte[] many = [.. Enumerable.Range(0, AddressBookCodec.MaxAddresses).SelectMany(_ => (byte[])[18, 10, .. address])];
        Assert.That(CodeOf([.. good, .. many]), Is.EqualTo(ValidationCode.Malformed), "too many addresses");
    }

    [Test]
    public void MutatedEntriesNeverThrowAndKeepTheirMeaning()
    {
        byte[] good = AddressBookCodec.Encode(Sample);
        Random random = new(5);
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(good, random);
            if (AddressBookCodec.TryDecode(bytes, out KnownPeer? peer).IsValid)
            {
                read++;
                byte[] encoded = AddressBookCodec.Encode(peer!);
                Assert.That(AddressBookCodec.TryDecode(encoded, out KnownPeer? again).IsValid, Is.True);
                Assert.That(AddressBookCodec.Encode(again!), Is.EqualTo(encoded));
            }
        }

        Assert.That(read, Is.GreaterThan(100));
    }

    private AddressBook Create() => new(new AddressBookOptions(), _time, new SeededRandomSource(1, "book"));

    private static ValidationCode CodeOf(byte[] encoded) => AddressBookCodec.TryDecode(encoded, out _).Code;
}
