using PoUW.Compute.Compilation;
using PoUW.Compute.Plans;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Runners;

/// <summary>Runs a model by calling the kernels directly: no program, no gas, no commitments. The bits are those of the machine.</summary>
public sealed class EagerRunner : ModelRunner
{
    private readonly PlanExecutor _executor;
    private readonly (string Name, Tensor Tensor)[] _state;
    private readonly Dictionary<string, Tensor> _outputs;

    /// <summary>Allocates the tensors, all zero.</summary>
    /// <exception cref="OutOfMemoryException">This machine has not that much memory.</exception>
    public EagerRunner(CompiledModel model, ITensorBackend backend)
        : base(model)
    {
        _executor = new PlanExecutor(model.Plan, backend);
        _state = [.. _executor.Named(SlotKind.State)];
        _outputs = _executor.Named(SlotKind.Output).ToDictionary(static o => o.Name, static o => o.Tensor, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Tensor Tensor)> State => _state;

    /// <inheritdoc/>
    public override void SetInput(string name, Tensor tensor) => _executor.SetInput(name, tensor);

    /// <inheritdoc/>
    private protected override IReadOnlyList<long> Run(string entry, ReadOnlySpan<long> arguments, CancellationToken cancellation)
    {
        _executor.Run(entry, arguments[0], arguments.Length > 1 ? arguments[1] : 0, cancellation);
        return _executor.Outputs;
    }

    /// <inheritdoc/>
    private protected override Tensor Output(string name) => _outputs[name];
}
