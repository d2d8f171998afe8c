using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.State;

/// <summary>
/// Keeps the hashes behind a state root, so that a root after a change costs the changed leaves and the paths above them. It always gives
/// what <see cref="StateCommitment.Root"/> gives, provided that everything that was written since the last root was marked; marking too
/// much is only slow. Memory: about a sixteenth of the state, from the first root on. Not thread-safe.
/// </summary>
public sealed class MachineStateTree
{
    private readonly TensorTree[] _tensors;

    /// <summary>A tree over live tensors in program order; all of it is dirty.</summary>
    public MachineStateTree(IReadOnlyList<(string Name, Tensor Tensor)> state)
        : this([.. state.Select(static slot => new TensorTree(slot.Name, slot.Tensor))])
    {
    }

    internal MachineStateTree(TensorTree[] tensors)
    {
        _tensors = tensors;
    }

    /// <summary>Number of tensors.</summary>
    public int Count => _tensors.Length;

    /// <summary>All of a tensor may have changed.</summary>
    /// <param name="slot">Index of the tensor.</param>
    public void MarkDirty(int slot) => _tensors[slot].MarkAll();

    /// <summary>Some bytes of a tensor may have changed.</summary>
    /// <param name="slot">Index of the tensor.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes; 0 marks nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes lie outside the tensor.</exception>
    public void MarkDirty(int slot, long offset, long length) => _tensors[slot].Mark(offset, length);

    /// <summary>The root of one tensor.</summary>
    /// <param name="slot">Index of the tensor.</param>
    public Hash256 TensorRoot(int slot) => _tensors[slot].Root();

    /// <summary>The state root.</summary>
    public Hash256 Root() => StateCommitment.Combine(TensorRoots());

    /// <summary>A proof of one leaf under the state root of this moment.</summary>
    /// <param name="slot">Index of the tensor.</param>
    /// <param name="leaf">Index of the leaf, see <see cref="LeafLayout.LeafOf"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such leaf.</exception>
    public MachineStateProof Prove(int slot, int leaf)
    {
        Hash256[] roots = TensorRoots();
        (byte[] content, Hash256[] path) = _tensors[slot].Open(leaf);
        return new MachineStateProof(slot, leaf, content, path, roots);
    }

    private Hash256[] TensorRoots() => Array.ConvertAll(_tensors, static tensor => tensor.Root());
}
