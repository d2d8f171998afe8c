namespace PoUW.Network.Chunks;

/// <summary>The outcome of a fetch.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Bytes">The content when the status is Ok. It may be shared with the store: not to be changed.</param>
public readonly record struct FetchResult(FetchStatus Status, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>True if the content is here.</summary>
    public bool IsOk => Status == FetchStatus.Ok;

    internal static FetchResult Fail(FetchStatus status) => new(status, default);
}
