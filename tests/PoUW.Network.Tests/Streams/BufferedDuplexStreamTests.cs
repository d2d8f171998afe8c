using PoUW.Core.Randomness;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Streams;

[TestFixture]
internal sealed class BufferedDuplexStreamTests
{
    [Test]
    public async Task Reading_byte_by_byte_reads_once_below()
    {
        byte[] content = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        ScriptedStream below = new(content);
        await using BufferedDuplexStream stream = new(below);
        byte[] one = new byte[1];
        List<byte> read = [];
        while (await stream.ReadAsync(one, CancellationToken.None) == 1)
        {
            read.Add(one[0]);
        }

        Assert.Multiple(() =>
        {
            Assert.That(read, Is.EqualTo(content));
            Assert.That(below.Reads, Is.EqualTo(2), "the bytes, and the end");
        });
    }

    [Test]
    public async Task A_read_with_room_for_a_whole_buffer_goes_straight_below_once_the_buffer_is_empty()
    {
        ScriptedStream below = new(new byte[10_000]);
        await using BufferedDuplexStream stream = new(below, 16);
        byte[] small = new byte[1];
        byte[] large = new byte[16 * 1024];
        await stream.ReadAsync(small, CancellationToken.None);
        int held = stream.Buffered.Length;
        int first = await stream.ReadAsync(large, CancellationToken.None);
        int second = await stream.ReadAsync(large, CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(first, Is.EqualTo(held), "what is buffered comes first, alone");
            Assert.That(second, Is.EqualTo(10_000 - 1 - held));
            Assert.That(stream.Buffered.IsEmpty, Is.True);
        });
    }

    [Test]
    public async Task No_byte_is_lost_or_doubled_whatever_the_sizes([Range(0, 19)] int seed)
    {
        SeededRandomSource random = new((ulong)seed, "buffered");
        byte[] content = new byte[5_000];
        random.Fill(content);
        await using BufferedDuplexStream stream = new(new ScriptedStream(content, 1 + Next(random, 300)), 1 + Next(random, 64));
        List<byte> read = [];
        for (bool more = true; more;)
        {
            switch (Next(random, 3))
            {
                case 0:
                    await stream.FillAsync(CancellationToken.None);
                    break;
                case 1:
                    int skipped = Next(random, stream.Buffered.Length + 1);
                    read.AddRange(stream.Buffered[..skipped]);
                    stream.Skip(skipped);
                    break;
                default:
                    byte[] part = new byte[1 + Next(random, 100)];
                    int count = await stream.ReadAsync(part, CancellationToken.None);
                    read.AddRange(part.AsSpan(0, count));
                    more = count > 0;
                    break;
            }
        }

        Assert.That(read, Is.EqualTo(content));
    }

    [Test]
    public async Task Filling_grows_the_buffer_and_says_where_the_stream_ends()
    {
        await using BufferedDuplexStream stream = new(new ScriptedStream(new byte[1000], 100), 16);
        int fills = 0;
        while (await stream.FillAsync(CancellationToken.None))
        {
            fills++;
        }

        Assert.That((stream.Buffered.Length, fills >= 10), Is.EqualTo((1000, true)));
    }

    [Test]
    public async Task A_cancelled_read_loses_nothing()
    {
        (TestDuplex dialer, TestDuplex listener) = DuplexPair.Create();
        await using BufferedDuplexStream stream = new(listener);
        using CancellationTokenSource stop = new();
        Task<int> read = stream.ReadAsync(new byte[4], stop.Token).AsTask();
        await stop.CancelAsync();
        Assert.That(async () => await read, Throws.InstanceOf<OperationCanceledException>());
        await dialer.WriteAsync(new byte[] { 1, 2, 3 }, CancellationToken.None);
        byte[] part = new byte[8];
        Assert.That(await stream.ReadAsync(part, CancellationToken.None).InTime(), Is.EqualTo(3));
        await dialer.CloseAsync();
    }

    [Test]
    public async Task Closing_ends_a_read_under_way()
    {
        (TestDuplex dialer, TestDuplex listener) = DuplexPair.Create();
        BufferedDuplexStream stream = new(listener);
        Task<int> read = stream.ReadAsync(new byte[4], CancellationToken.None).AsTask();
        await stream.DisposeAsync();
        Assert.That(async () => await read.InTime(), Throws.InstanceOf<NetworkException>());
        await dialer.CloseAsync();
    }

    [Test]
    public void Wrong_arguments_are_refused()
    {
        BufferedDuplexStream stream = new(new ScriptedStream([]));
        Assert.Multiple(() =>
        {
            Assert.That(() => new BufferedDuplexStream(null!), Throws.ArgumentNullException);
            Assert.That(() => new BufferedDuplexStream(new ScriptedStream([]), 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => stream.Skip(1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => stream.Skip(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => stream.ReadAsync(Memory<byte>.Empty, CancellationToken.None), Throws.ArgumentException);
        });
    }

    private static int Next(SeededRandomSource random, int below)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.Fill(bytes);
        return (int)(BitConverter.ToUInt32(bytes) % (uint)below);
    }
}
