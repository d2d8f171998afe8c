using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Chunks;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Execution;

/// <summary>
/// The committed state of a model in training: the state tensors of its program, optimiser state included, and their root. Treated as
/// immutable: nobody may write into the tensors.
/// </summary>
public sealed class ModelState
{
    /// <summary>Length of the chunks in which every state travels, in bytes: fixed, so that a state has one address.</summary>
    public const int ChunkBytes = 1024 * 1024;

    /// <summary>Longest name of a tensor in bytes of UTF-8: its root holds the length in one byte.</summary>
    internal const int MaxNameBytes = byte.MaxValue;

    private readonly byte[] _encoded;

    /// <summary>Takes ownership of the tensors.</summary>
    public ModelState(IReadOnlyList<(string Name, Tensor Tensor)> tensors)
        : this(tensors, MachineState.Encode(tensors))
    {
    }

    private ModelState(IReadOnlyList<(string Name, Tensor Tensor)> tensors, byte[] encoded)
    {
        Tensors = tensors;
        Root = StateCommitment.Root(tensors);
        _encoded = encoded;
    }

    /// <summary>The state tensors in program order.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Tensors { get; }

    /// <summary>The state root, as records commit to it.</summary>
    public Hash256 Root { get; }

    /// <summary>The canonical encoding, as it travels between nodes.</summary>
    public ReadOnlyMemory<byte> Encoded => _encoded;

    /// <summary>The address of the state's blob: a function of the state, since audited records name it.</summary>
    public Hash256 BlobAddress => BlobManifest.Describe(_encoded, ChunkBytes).Address;

    /// <summary>Reads a state that anybody may have sent.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, VmLimits limits, out ModelState? state)
    {
        // Modules of lane T have more tensors, with longer names, than the machine has slots.
        VmLimits wide = limits with
        {
            MaxSlots = Math.Max(limits.MaxSlots, ToleranceBounds.MaxTensors),
            MaxNameBytes = Math.Min(Math.Max(limits.MaxNameBytes, ToleranceBounds.MaxNameBytes), MaxNameBytes),
        };
        ValidationResult result = MachineState.TryDecode(encoded, wide, out IReadOnlyList<(string Name, Tensor Tensor)>? tensors);
        state = result.IsValid ? new ModelState(tensors!, encoded.ToArray()) : null;
        return result;
    }

    /// <summary>A copy of a machine's state.</summary>
    internal static ModelState Of(Machine machine, VmLimits limits) =>
        TryDecode(machine.ExportState(), limits, out ModelState? state) is { IsValid: false } problem
            ? throw new TrainingException($"The machine's own state cannot be read: {problem}")
            : state!;
}
