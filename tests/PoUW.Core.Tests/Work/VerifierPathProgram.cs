using System.Globalization;
using System.Runtime.Intrinsics.X86;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;
using PoUW.Core.Tests.Recovery;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

/// <summary>
/// Entry point of the child processes. By itself it prints what is in force, then what certificates and hashes give on it; with a verb it is the
/// process that crash tests kill.
/// </summary>
internal static class VerifierPathProgram
{
    public static int Main(string[] args)
    {
        if (args is [CrashChild.Verb, var store, var script, var first])
        {
            return CrashChild.Run(store, script, int.Parse(first, CultureInfo.InvariantCulture));
        }

        string hashing = Avx512BW.IsSupported ? "512 " : "256 ";
        Console.WriteLine(!Avx2.IsSupported ? "Scalar" : hashing + (AvxVnni.IsSupported ? "AvxVnni" : "Avx2"));
        foreach (string answer in Answers())
        {
            Console.WriteLine(answer);
        }

        return 0;
    }

    public static IEnumerable<string> Answers()
    {
        var random = new Random(20260102);
        for (int i = 0; i < 12; i++)
        {
            WorkSample sample = WorkSample.Random(random);
            yield return Answer(sample.Template, sample.Certificate);
            for (int fault = 0; fault < WorkSample.Faults; fault++)
            {
                yield return Answer(sample.Template, sample.Spoil(fault, random));
            }
        }

        for (int length = 1; length < 1100; length += 73)
        {
            byte[] slots = new byte[Sha256Batch.SlotBytes(length) * Sha256Batch.Lanes];
            random.NextBytes(slots);
            byte[] digests = new byte[Sha256Batch.Lanes * Sha256Batch.DigestBytes];
            for (int lane = 0; lane < Sha256Batch.Lanes; lane++)
            {
                Sha256Batch.WritePadding(slots.AsSpan(lane * Sha256Batch.SlotBytes(length), Sha256Batch.SlotBytes(length)), length);
            }

            Sha256Batch.Hash(slots, length, Sha256Batch.Lanes, digests);
            yield return Convert.ToHexString(digests);
        }
    }

    private static string Answer(WorkTemplate template, WorkCertificate certificate)
    {
        ValidationResult result = WorkVerifier.Verify(template, certificate, out Hash256 ticket);
        return $"{ticket} {result}";
    }
}
