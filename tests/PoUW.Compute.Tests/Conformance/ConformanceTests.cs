using System.Collections.Concurrent;
using System.Runtime.Intrinsics.X86;
using PoUW.Compute.Backends;
using PoUW.Simulation.Conformance;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>Every operation on every path: the same bits as the definition, and one digest for all paths and numbers of threads.</summary>
[TestFixture]
public sealed class ConformanceTests
{
    private const int Cases = 25;

    private static readonly ConcurrentDictionary<string, string> Digests = new(StringComparer.Ordinal);

    /// <summary>Processor features that are switched off, and what must then be in force on a machine that has all of them.</summary>
    private static readonly string[][] Paths =
    [
        ["Avx512Byte Avx512 512"],
        ["AvxVnni Avx2 256", "EnableAVX512"],
        ["Avx2 Avx2 256", "EnableAVX512", "EnableAVXVNNI"],
        ["Portable Portable 128", "EnableAVX2"],
        ["Portable Portable 0", "EnableHWIntrinsic"],
    ];

    [TestCaseSource(nameof(Paths))]
    public void EveryPathGivesTheBitsOfTheDefinition(string expected, params string[] switchedOff)
    {
        if (!AvxVnni.IsSupported || !Avx512BW.IsSupported)
        {
            Assert.Ignore("This machine lacks AVX-512 or AVX-VNNI, so which path comes next is not known.");
        }

        string[] lines = ConformanceChild.Run([$"{Cases}"], switchedOff, out int exitCode);
        Assert.That(lines[0], Is.EqualTo(expected), "what is in force");
        Assert.That(lines.Skip(1).Where(static line => line.Split(' ').Length > 2), Is.Empty, "calls that differ from the definition");
        Assert.That(exitCode, Is.Zero);
        Assert.That(lines, Has.Length.EqualTo(1 + BackendConformance.Operations.Count));
        foreach (string line in lines.Skip(1))
        {
            string[] words = line.Split(' ');
            Assert.That(Digests.GetOrAdd(words[0], words[1]), Is.EqualTo(words[1]), line);
        }
    }

    [Test]
    public void EveryKernelOfThisMachineGivesTheBitsOfTheDefinition([Values] CpuKernel kernel, [Values(1, 3)] int threads)
    {
        if (!CpuBackend.IsSupported(kernel))
        {
            Assert.Ignore($"This machine has no {kernel}.");
        }

        using CpuBackend backend = new(kernel, threads);
        BackendConformance conformance = new(ConformanceProgram.Seed, backend);
        Assert.Multiple(() =>
        {
            foreach (string operation in BackendConformance.Operations)
            {
                Assert.That(conformance.Run(operation, Cases).Mismatch, Is.Null, operation);
            }
        });
    }

    [Test]
    public void AWrongBackendIsFound()
    {
        ConformanceReport report = new BackendConformance(ConformanceProgram.Seed, new FaultyBackend()).Run("relu", Cases);
        Assert.That(report.Mismatch, Is.Not.Null);
    }
}
