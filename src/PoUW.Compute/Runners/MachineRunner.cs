using PoUW.Compute.Compilation;
using PoUW.Core;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Runners;

/// <summary>Runs a model's program on the tensor machine, as workers and auditors of the network do.</summary>
public sealed class MachineRunner : ModelRunner
{
    private readonly Machine _machine;

    /// <summary>Makes a machine.</summary>
    /// <exception cref="PouwException">There is not enough memory.</exception>
    public MachineRunner(CompiledModel model, ITensorBackend backend)
        : base(model)
    {
        ValidationResult result = Machine.TryCreate(model.Program, backend, out Machine? machine);
        _machine = result.IsValid ? machine! : throw new PouwException(result.Message);
    }

    /// <summary>The machine, for its state root, traces and proofs.</summary>
    public Machine Machine => _machine;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Tensor)> State => _machine.State;

    /// <inheritdoc/>
    public override void SetInput(string name, Tensor tensor)
    {
        ValidationResult result = _machine.SetInput(name, tensor);
        if (!result.IsValid)
        {
            throw new ArgumentException(result.Message, nameof(tensor));
        }
    }

    /// <inheritdoc/>
    private protected override IReadOnlyList<long> Run(string entry, ReadOnlySpan<long> arguments, CancellationToken cancellation)
    {
        VmResult result = _machine.Run(entry, arguments, long.MaxValue, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return result.IsHalted ? result.Outputs : throw new PouwException($"{entry} ended with {result.Outcome}: {result.Message}");
    }

    /// <inheritdoc/>
    private protected override Tensor Output(string name) => _machine.Slot(name);
}
