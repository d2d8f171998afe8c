using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;

namespace PoUW.Vm.State;

/// <summary>
/// Shows one leaf of a machine's state under a state root. Who verifies it needs the root and the state slots of the program, not the
/// state. Compare proofs by their encodings. Immutable.
/// </summary>
/// <param name="Slot">Index of the tensor among the state slots.</param>
/// <param name="Leaf">Index of the leaf, see <see cref="LeafLayout"/>.</param>
/// <param name="Content">Bytes of the leaf.</param>
/// <param name="Path">Siblings on the way to the tensor's data root, from the leaf up; a level without a sibling has none.</param>
/// <param name="TensorRoots">The roots of all state tensors in program order.</param>
public sealed record MachineStateProof(
    int Slot, int Leaf, ReadOnlyMemory<byte> Content, IReadOnlyList<Hash256> Path, IReadOnlyList<Hash256> TensorRoots)
{
    private const int Version = 1;
    private const int HashItemBytes = Hash256.Size + 1;
    private const int MaxFixedBytes = 64 + StateCommitment.LeafBytes + (MerklePath.MaxLength * HashItemBytes);

    /// <summary>Largest encoding under these limits, in bytes.</summary>
    public static int MaxEncodedBytes(VmLimits limits) => MaxFixedBytes + (limits.MaxSlots * HashItemBytes);

    /// <summary>Checks the proof.</summary>
    /// <param name="stateRoot">The root that is believed.</param>
    /// <param name="stateSlots">The state slots of the program in order.</param>
    /// <returns>Ok if the state of that root holds <see cref="Content"/> at <see cref="Leaf"/> of that slot.</returns>
    public ValidationResult Verify(Hash256 stateRoot, IReadOnlyList<VmSlot> stateSlots)
    {
        if (TensorRoots.Count != stateSlots.Count || Slot < 0 || Slot >= stateSlots.Count)
        {
            return Fail(ValidationCode.OutOfRange, nameof(Slot), $"Slot {Slot} of {TensorRoots.Count}; the program has {stateSlots.Count}.");
        }

        VmSlot slot = stateSlots[Slot];
        LeafLayout layout = new(slot.Type, slot.Rows, slot.Columns);
        if (Leaf < 0 || Leaf >= layout.Count)
        {
            return Fail(ValidationCode.OutOfRange, nameof(Leaf), $"Leaf {Leaf}; '{slot.Name}' has {layout.Count}.");
        }

        if (Content.Length != layout.LengthOf(Leaf))
        {
            return Fail(ValidationCode.Malformed, nameof(Content), $"{Content.Length} bytes instead of {layout.LengthOf(Leaf)}.");
        }

        if (!layout.HasZeroPadding(Leaf, Content.Span))
        {
            return Fail(ValidationCode.NonZeroPadding, nameof(Content), "The block is not zero beyond the edge of its matrix.");
        }

        if (Path.Count != MerklePath.Length(Leaf, layout.TreeWidth))
        {
            return Fail(ValidationCode.Malformed, nameof(Path), $"{Path.Count} siblings instead of {MerklePath.Length(Leaf, layout.TreeWidth)}.");
        }

        return LeadsTo(stateRoot, slot, layout);
    }

    /// <summary>The canonical encoding: RLP list (version, slot, leaf, content, siblings, tensor roots).</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList();
        writer.Write((ulong)Version).Write((ulong)Slot).Write((ulong)Leaf).Write(Content.Span);
        HashList.Write(writer, Path);
        HashList.Write(writer, TensorRoots);
        return writer.EndList().Finish();
    }

    /// <summary>Reads a proof; checks form and limits only.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, VmLimits limits, out MachineStateProof? proof)
    {
        proof = null;
        if (bytes.Length > MaxEncodedBytes(limits))
        {
            return Fail(ValidationCode.TooLarge, "proof", $"{bytes.Length} bytes; the limit is {MaxEncodedBytes(limits)}.");
        }

        RlpReader outer = new(bytes);
        RlpReader items = outer.ReadList();
        ulong version = items.ReadUInt64();
        int slot = (int)items.ReadUInt64(int.MaxValue);
        int leaf = (int)items.ReadUInt64(int.MaxValue);
        byte[] content = items.ReadBytes(StateCommitment.LeafBytes).ToArray();
        bool isWhole = HashList.TryRead(ref items, MerklePath.MaxLength, out Hash256[] path)
            & HashList.TryRead(ref items, limits.MaxSlots, out Hash256[] roots);
        if (!isWhole || version != Version || !items.TryFinish() || !outer.TryFinish())
        {
            return Fail(ValidationCode.Malformed, "proof", "Not the canonical encoding of a state proof.");
        }

        proof = new MachineStateProof(slot, leaf, content, path, roots);
        return ValidationResult.Ok;
    }

    private ValidationResult LeadsTo(Hash256 stateRoot, VmSlot slot, LeafLayout layout)
    {
        Span<byte> leaf = stackalloc byte[Hash256.Size];
        HashTree.HashLeaf(Content.Span, leaf);
        Hash256 data = MerklePath.Root(new Hash256(leaf), Leaf, layout.TreeWidth, Path);
        if (StateCommitment.TensorRoot(slot.Name, slot.Type, slot.Rows, slot.Columns, data) != TensorRoots[Slot])
        {
            return Fail(ValidationCode.BadOpening, nameof(Path), $"The leaf does not lead to the root of '{slot.Name}'.");
        }

        return StateCommitment.Combine([.. TensorRoots]) == stateRoot
            ? ValidationResult.Ok
            : Fail(ValidationCode.BadOpening, nameof(TensorRoots), "The tensor roots do not lead to the state root.");
    }

    private static ValidationResult Fail(ValidationCode code, string field, string message) => ValidationResult.Fail(code, field, message);
}
