using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.State;

/// <summary>
/// Commits to the state slots of a machine. A tensor's root is SHA-256(0x02 || name length (1) || name || type (1) || rows (4) ||
/// columns (4) || data root), with little-endian numbers and a Merkle tree over 1 KiB leaves of the data; the state root is
/// SHA-256(0x03 || count (4) || tensor roots in program order).
/// </summary>
public static class StateCommitment
{
    /// <summary>Bytes of a leaf; the last one of a tensor may be shorter.</summary>
    public const int LeafBytes = 1024;

    private const byte TensorTag = 2;
    private const byte StateTag = 3;

    /// <summary>The root over tensors in program order.</summary>
    public static Hash256 Root(IReadOnlyList<(string Name, Tensor Tensor)> state)
    {
        byte[] preimage = new byte[5 + (state.Count * Hash256.Size)];
        preimage[0] = StateTag;
        BinaryPrimitives.WriteInt32LittleEndian(preimage.AsSpan(1), state.Count);
        for (int i = 0; i < state.Count; i++)
        {
            TensorRoot(state[i].Name, state[i].Tensor).CopyTo(preimage.AsSpan(5 + (i * Hash256.Size)));
        }

        return Hash256.Sha256(preimage);
    }

    /// <summary>The root of one tensor, bound to its name, type and shape. The name has at most 255 bytes.</summary>
    public static Hash256 TensorRoot(string name, Tensor tensor)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        byte[] preimage = new byte[2 + text.Length + 9 + Hash256.Size];
        preimage[0] = TensorTag;
        preimage[1] = (byte)text.Length;
        text.CopyTo(preimage, 2);
        Span<byte> rest = preimage.AsSpan(2 + text.Length);
        rest[0] = (byte)tensor.Type;
        BinaryPrimitives.WriteInt32LittleEndian(rest[1..], tensor.Rows);
        BinaryPrimitives.WriteInt32LittleEndian(rest[5..], tensor.Columns);
        DataRoot(tensor.Bytes).CopyTo(rest[9..]);
        return Hash256.Sha256(preimage);
    }

    private static Hash256 DataRoot(ReadOnlySpan<byte> data)
    {
        MerkleAccumulator tree = new();
        for (int offset = 0; offset < data.Length; offset += LeafBytes)
        {
            tree.Add(data.Slice(offset, Math.Min(LeafBytes, data.Length - offset)));
        }

        return tree.Root();
    }
}
