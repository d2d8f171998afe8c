using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;

namespace PoUW.Compute.Tests.Models;

/// <summary>Every operation gives the same bits in the eager runner and in the machine, with the definitions and with the kernels.</summary>
public sealed class EagerMachineTests
{
    private const int Steps = 3;

    [TestCaseSource(nameof(Cases))]
    public void Runners_and_backends_give_the_same_state(string name)
    {
        ModelCase model = name == ModelCases.Dropout.Name ? ModelCases.Dropout : ModelCases.Find(name);
        CompiledModel compiled = ModelRuns.Compile(model.Spec with { Optimiser = new Sgd(0.05f, 0.9f, 0.01f) }, model.Batch);
        using CpuBackend eager = new();
        using CpuBackend machine = new();
        string expected = ModelRuns.Train(ModelRuns.EagerScalar(compiled), model.Inputs(1), Steps);
        MachineRunner onMachine = new(compiled, machine);
        EagerRunner onKernels = new(compiled, eager);
        Assert.That(ModelRuns.Train(onKernels, model.Inputs(1), Steps), Is.EqualTo(expected));
        Assert.That(ModelRuns.Train(onMachine, model.Inputs(1), Steps), Is.EqualTo(expected));
        Assert.That(onMachine.Predict(0), Is.EqualTo(onKernels.Predict(0)));
        Assert.That(onMachine.Evaluate(), Is.EqualTo(onKernels.Evaluate()));
        Assert.That(ModelRuns.Train(onKernels, model.Inputs(2), Steps), Is.Not.EqualTo(expected), "other data, other weights");
    }

    private static IEnumerable<string> Cases() => ModelCases.All.Append(ModelCases.Dropout).Select(static c => c.Name);
}
