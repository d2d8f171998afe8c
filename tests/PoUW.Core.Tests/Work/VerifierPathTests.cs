using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

/// <summary>Every way of verifying gives the same answers, on every processor path.</summary>
public sealed class VerifierPathTests
{
    // 32 KB lets the pool give up a buffer now and then.
    private const long MaxBytesOnce = 32 * 1024;
    private const long MaxBytesOnAverage = 4 * 1024;

    [FsCheck.NUnit.Property(MaxTest = 25)]
    public bool ScalarAndVectorPathsAgree(int seed)
    {
        var random = new Random(seed);
        WorkSample sample = WorkSample.Random(random);
        bool same = Agree(sample.Template, sample.Certificate, out ValidationResult valid) && valid.IsValid;
        for (int fault = 0; fault < WorkSample.Faults; fault++)
        {
            same &= Agree(sample.Template, sample.Spoil(fault, random), out _);
        }

        return same;
    }

    [Test]
    public void RejectionsAreRightAndAllocateLittle()
    {
        // The whole certificate of a 4096-deep product, as if an attacker sent it 10,000 times with a byte or two changed.
        var random = new Random(11);
        WorkSample sample = WorkSample.Of(new TileWorkShape(64, 64, 4096, false, false), random);
        byte[] data = sample.Certificate.PublicData.ToArray();
        byte[] witness = sample.Certificate.Witness.ToArray();
        var mutated = new WorkCertificate(data, witness);
        Assert.That(WorkVerifier.Verify(sample.Template, mutated, out _), Is.EqualTo(ValidationResult.Ok));
        long total = 0;
        long largest = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] target = i % 4 == 0 ? data : witness;
            int at = random.Next(target.Length);
            byte old = target[at];
            target[at] ^= (byte)random.Next(1, 256);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool valid = WorkVerifier.Verify(sample.Template, mutated, out _).IsValid;
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            target[at] = old;
            total += bytes;
            largest = Math.Max(largest, bytes);
            if (valid)
            {
                Assert.Fail($"Byte {at} of {target.Length} may be changed.");
            }
        }

        Assert.That(largest, Is.LessThanOrEqualTo(MaxBytesOnce));
        Assert.That(total / 10_000, Is.LessThanOrEqualTo(MaxBytesOnAverage));
    }

    [Test]
    public void VerifiersRunSideBySide()
    {
        var random = new Random(5);
        WorkSample[] samples = [.. Enumerable.Range(0, 4).Select(_ => WorkSample.Random(random, 1024))];
        int good = 0;
        Parallel.For(0, 200, i =>
        {
            WorkSample sample = samples[i % samples.Length];
            if (WorkVerifier.Verify(sample.Template, sample.Certificate, out _).IsValid)
            {
                Interlocked.Increment(ref good);
            }
        });
        Assert.That(good, Is.EqualTo(200));
    }

    [TestCase("512 AvxVnni")]
    [TestCase("256 AvxVnni", "EnableAVX512")]
    [TestCase("256 Avx2", "EnableAVX512", "EnableAVXVNNI")]
    [TestCase("Scalar", "EnableAVX2")]
    [TestCase("Scalar", "EnableHWIntrinsic")]
    public void EveryProcessorPathGivesTheSameAnswers(string expected, params string[] switchedOff)
    {
        if (expected != "Scalar" && (!AvxVnni.IsSupported || !Avx512BW.IsSupported))
        {
            Assert.Ignore("This machine lacks AVX-512 or AVX-VNNI, so which path comes next is not known.");
        }

        ProcessStartInfo start = new("dotnet", ["exec", typeof(VerifierPathProgram).Assembly.Location]) { RedirectStandardOutput = true };
        foreach (string feature in switchedOff)
        {
            start.Environment[$"DOTNET_{feature}"] = "0";
        }

        using Process child = Process.Start(start)!;
        string[] lines = child.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        child.WaitForExit();
        Assert.That(child.ExitCode, Is.Zero);
        Assert.That(lines[0], Is.EqualTo(expected), "what is in force");
        Assert.That(lines[1..], Is.EqualTo(VerifierPathProgram.Answers().ToArray()));
    }

    private static bool Agree(WorkTemplate template, WorkCertificate certificate, out ValidationResult result)
    {
        result = WorkVerifier.Verify(template, certificate, out Hash256 ticket);
        ValidationResult scalar = WorkVerifier.VerifyScalar(template, certificate, out Hash256 scalarTicket);
        return result == scalar && ticket == scalarTicket;
    }
}
