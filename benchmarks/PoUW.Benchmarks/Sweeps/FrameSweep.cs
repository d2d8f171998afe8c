using System.Diagnostics;
using System.Globalization;
using PoUW.Network.Tests.Support;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Damaged frames for every decoder of the network, made from valid ones: each must be read or refused without an exception, reading must not allocate
/// more than the decoder's limit, and what was read must be written in a form that reads the same again.
/// </summary>
internal static class FrameSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "frames";

    /// <summary>Cases a decoder of the whole sweep.</summary>
    public const int Whole = 1_000_000;

    private const int Seed = 9;

    /// <summary>Runs so many cases for each decoder and prints a JSON line for each.</summary>
    /// <returns>True if nothing went wrong.</returns>
    public static bool Run(int cases)
    {
        bool good = true;
        foreach (FrameDecoder decoder in FrameDecoders.All)
        {
            long start = Stopwatch.GetTimestamp();
            Tally tally = RunDecoder(decoder, cases);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"sweep\":\"{Name}\",\"decoder\":\"{decoder.Name}\",\"cases\":{cases},\"read\":{tally.Read},\"failures\":{tally.Failures},\"mostBytes\":{tally.MostBytes},\"seconds\":{seconds:F1},\"ok\":{(tally.Failures == 0 ? "true" : "false")}}}"));
            good &= tally.Failures == 0;
        }

        return good;
    }

    private static Tally RunDecoder(FrameDecoder decoder, int cases)
    {
        Random random = new(Seed);
        Tally tally = default;
        foreach (byte[] sample in decoder.Samples)
        {
            // Also warms the decoder up, so that what the runtime allocates once is not counted below.
            if (decoder.Read(sample) is null)
            {
                Console.Error.WriteLine($"{decoder.Name}: a valid sample is refused");
                tally = tally with { Failures = tally.Failures + 1 };
            }
        }

        for (int i = 0; i < cases; i++)
        {
            byte[] frame = FrameMutation.Mutate(decoder.Samples[i % decoder.Samples.Length], random);
            tally = Try(decoder, frame, i, tally);
        }

        return tally;
    }

    private static Tally Try(FrameDecoder decoder, byte[] frame, int number, Tally tally)
    {
        string? problem = null;
        byte[]? written = null;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            written = decoder.Read(frame);
        }
        catch (Exception failure)
        {
            // Any exception at all is what the sweep looks for.
            problem = failure.ToString();
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (problem is null && allocated > decoder.FixedBytes + ((long)frame.Length * decoder.BytesPerByte))
        {
            problem = $"{allocated} bytes allocated";
        }

        problem ??= written is null ? null : FindChange(decoder, written);
        if (problem is not null)
        {
            Console.Error.WriteLine($"{decoder.Name}: case {number}, {Convert.ToHexStringLower(frame)}: {problem}");
        }

        return new Tally(
            tally.Read + (written is null ? 0 : 1), tally.Failures + (problem is null ? 0 : 1), Math.Max(tally.MostBytes, allocated));
    }

    /// <summary>What was written is read and written again: it must not change any more.</summary>
    private static string? FindChange(FrameDecoder decoder, byte[] written)
    {
        if (written.Length == 0)
        {
            // A decoder of something that this package does not write.
            return null;
        }

        byte[]? again = decoder.Read(written);
        return again is not null && again.AsSpan().SequenceEqual(written)
            ? null
            : $"written as {Convert.ToHexStringLower(written)}, read again as {(again is null ? "nothing" : Convert.ToHexStringLower(again))}";
    }

    private readonly record struct Tally(int Read, int Failures, long MostBytes);
}
