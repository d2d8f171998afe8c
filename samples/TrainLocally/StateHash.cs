using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PoUW.Compute.Runners;
using PoUW.Vm.Tensors;

namespace TrainLocally;

/// <summary>A hash over everything that training changes: weights, buffers, the optimiser's state.</summary>
internal static class StateHash
{
    /// <summary>SHA-256 over the state tensors in program order, each as name, type, rows, columns (Int32, little endian) and bytes.</summary>
    public static string Of(ModelRunner runner)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[4 * sizeof(int)];
        foreach ((string name, Tensor tensor) in runner.State)
        {
            byte[] letters = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteInt32LittleEndian(head, letters.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], (int)tensor.Type);
            BinaryPrimitives.WriteInt32LittleEndian(head[8..], tensor.Rows);
            BinaryPrimitives.WriteInt32LittleEndian(head[12..], tensor.Columns);
            hash.AppendData(head);
            hash.AppendData(letters);
            hash.AppendData(tensor.Bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
