using System.Collections.Concurrent;
using PoUW.Compute.Backends;
using PoUW.Compute.Runners;
using PoUW.Simulation.Conformance;
using PoUW.Vm.Backends;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>200 training steps of small models: one hash on every path, with any number of threads, eager and in the machine.</summary>
[TestFixture]
public sealed class ModelConformanceTests
{
    private const int Steps = 200;
    private const int FewSteps = 6;

    private static readonly ConcurrentDictionary<string, string> Hashes = new(StringComparer.Ordinal);

    /// <summary>Processor features that are switched off.</summary>
    private static readonly string[][] Paths = [[], ["EnableAVX512"], ["EnableAVX512", "EnableAVXVNNI"], ["EnableAVX2"], ["EnableHWIntrinsic"]];

    [TestCaseSource(nameof(Paths))]
    public void EveryPathTrainsTheSameModels(params string[] switchedOff)
    {
        string[] lines = ConformanceChild.Run(["models", $"{Steps}"], switchedOff, out int exitCode);
        Assert.That(exitCode, Is.Zero);
        Assert.That(lines, Has.Length.EqualTo(ModelConformance.Models.Count * ConformanceProgram.Runs.Count));
        foreach (string[] words in lines.Select(static line => line.Split(' ')))
        {
            Assert.That(Hashes.GetOrAdd(words[0], words[2]), Is.EqualTo(words[2]), $"{words[0]}, {words[1]}");
        }
    }

    [TestCaseSource(typeof(ModelConformance), nameof(ModelConformance.Models))]
    public void TheDefinitionsTrainTheSameModel(string model)
    {
        using CpuBackend backend = new();
        string expected = ModelConformance.Train(model, FewSteps, compiled => new EagerRunner(compiled, new ScalarBackend()));
        Assert.That(ModelConformance.Train(model, FewSteps, compiled => new EagerRunner(compiled, backend)), Is.EqualTo(expected));
        Assert.That(ModelConformance.Train(model, FewSteps, compiled => new MachineRunner(compiled, backend)), Is.EqualTo(expected));
    }

    [TestCaseSource(typeof(ModelConformance), nameof(ModelConformance.Models))]
    public void TheHashTellsStepsApart(string model)
    {
        using CpuBackend backend = new();
        string[] hashes = [.. Enumerable.Range(1, 3).Select(steps => ModelConformance.Train(model, steps, m => new EagerRunner(m, backend)))];
        Assert.That(hashes, Is.Unique);
    }
}
