namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A storage that tensors of a file refer to.</summary>
internal sealed class PickleStorage(StateTensorType? type, long count) : PyTorchValue
{
    /// <summary>Bytes that one of these and its place in the table of a machine take.</summary>
    public const int Bytes = 176;

    /// <summary>Element type, or null if the storage is one of bytes.</summary>
    public StateTensorType? Type { get; } = type;

    /// <summary>Number of elements.</summary>
    public long Count { get; } = count;

    /// <summary>The elements; null as long as the reader has not come to them.</summary>
    public ReadOnlyMemory<byte>? Data { get; set; }

    /// <summary>Number of bytes; the reader checks that the file has them before it believes the number.</summary>
    public Int128 ByteLength => (Int128)Count * (Type?.ElementSize() ?? 1);
}
