namespace PoUW.Network.Requests;

/// <summary>The outcome of a request.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Response">The response when the status is Ok; the memory belongs to the caller and is never reused.</param>
public readonly record struct RequestResult(RequestStatus Status, ReadOnlyMemory<byte> Response)
{
    /// <summary>True if there is a response.</summary>
    public bool IsOk => Status == RequestStatus.Ok;
}
