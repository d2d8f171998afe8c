using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.State;

/// <summary>
/// Commits to the state slots of a machine. A tensor's root is SHA-256(0x02 || name length (1) || name || type (1) || rows (4) ||
/// columns (4) || data root), with little-endian numbers and a Merkle tree over the leaves of the data (see <see cref="LeafLayout"/>: the
/// data root of an Int8 matrix is the root of its <see cref="MatrixCommitment"/>); the state root is SHA-256(0x03 || count (4) || tensor
/// roots in program order). This class is the definition and hashes everything; <see cref="MachineStateTree"/> is what a machine uses.
/// </summary>
public static class StateCommitment
{
    /// <summary>Bytes of a leaf; the last one of a tensor may be shorter.</summary>
    public const int LeafBytes = 1024;

    private const byte TensorTag = 2;
    private const byte StateTag = 3;

    /// <summary>The root over tensors in program order.</summary>
    public static Hash256 Root(IReadOnlyList<(string Name, Tensor Tensor)> state) =>
        Combine([.. state.Select(static slot => TensorRoot(slot.Name, slot.Tensor))]);

    /// <summary>The root over tensor roots in program order.</summary>
    public static Hash256 Combine(ReadOnlySpan<Hash256> tensorRoots)
    {
        byte[] preimage = new byte[5 + (tensorRoots.Length * Hash256.Size)];
        preimage[0] = StateTag;
        BinaryPrimitives.WriteInt32LittleEndian(preimage.AsSpan(1), tensorRoots.Length);
        for (int i = 0; i < tensorRoots.Length; i++)
        {
            tensorRoots[i].CopyTo(preimage.AsSpan(5 + (i * Hash256.Size)));
        }

        return Hash256.Sha256(preimage);
    }

    /// <summary>The root of one tensor, bound to its name, type and shape. The name has at most 255 bytes.</summary>
    public static Hash256 TensorRoot(string name, Tensor tensor) =>
        TensorRoot(name, tensor.Type, tensor.Rows, tensor.Columns, DataRoot(tensor));

    /// <summary>The root of a tensor whose data root is known. The name has at most 255 bytes.</summary>
    public static Hash256 TensorRoot(string name, TensorType type, int rows, int columns, Hash256 dataRoot)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        byte[] preimage = new byte[2 + text.Length + 9 + Hash256.Size];
        preimage[0] = TensorTag;
        preimage[1] = (byte)text.Length;
        text.CopyTo(preimage, 2);
        Span<byte> rest = preimage.AsSpan(2 + text.Length);
        rest[0] = (byte)type;
        BinaryPrimitives.WriteInt32LittleEndian(rest[1..], rows);
        BinaryPrimitives.WriteInt32LittleEndian(rest[5..], columns);
        dataRoot.CopyTo(rest[9..]);
        return Hash256.Sha256(preimage);
    }

    /// <summary>The root over the data of a tensor.</summary>
    public static Hash256 DataRoot(Tensor tensor)
    {
        LeafLayout layout = new(tensor);
        if (layout.IsMatrix)
        {
            return MatrixCommitment.Compute(tensor.Int8, tensor.Rows, tensor.Columns).Root;
        }

        MerkleAccumulator tree = new();
        for (int leaf = 0; leaf < layout.Count; leaf++)
        {
            tree.Add(tensor.Bytes.Slice(leaf * LeafBytes, layout.LengthOf(leaf)));
        }

        return tree.Root();
    }
}
