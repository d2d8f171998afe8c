namespace PoUW.Network.Sync;

/// <summary>What came of a request.</summary>
/// <param name="Bytes">The answer; empty if the peer does not have it, is busy, went away or took too long.</param>
/// <param name="IsBusy">True if the peer asks to be asked later.</param>
internal readonly record struct SyncAnswer(ReadOnlyMemory<byte> Bytes, bool IsBusy)
{
    internal bool IsThere => !Bytes.IsEmpty;
}
