namespace PoUW.Core.Storage;

/// <summary>One write of a batch, in the batch's own memory: valid until the batch is changed.</summary>
public readonly ref struct WriteOperation
{
    internal WriteOperation(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isDelete)
    {
        Key = key;
        Value = value;
        IsDelete = isDelete;
    }

    /// <summary>The key, up to <see cref="WriteBatch.MaxKeyBytes"/> bytes.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The new value; empty for a deletion.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>True if the key is removed.</summary>
    public bool IsDelete { get; }
}
