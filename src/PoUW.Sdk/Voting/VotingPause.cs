using System.Buffers.Binary;
using PoUW.Core;
using PoUW.Core.Finality;
using PoUW.Core.Parameters;
using PoUW.Core.Storage;

namespace PoUW.Sdk.Voting;

/// <summary>
/// No votes after a repair until none from before it can conflict with one from after it: the store may have lost the last vote, or hold an
/// older one. A vote from before has a target that existed when the store was repaired. A vote whose source is higher than the store's head
/// was, and younger than any block that a clock of that moment admitted, neither shares its target's height with it nor surrounds it.
/// </summary>
internal sealed class VotingPause
{
    private const int MarkBytes = 16;

    private static readonly byte[] Key = "voter/paused"u8.ToArray();

    private readonly IKeyValueStore _store;
    private readonly NetworkParameters _parameters;
    private readonly Func<Checkpoint, ulong?> _timeOf;
    private (ulong TimeMs, ulong Height)? _since;

    /// <param name="store">The node's store.</param>
    /// <param name="parameters">The network.</param>
    /// <param name="timeOf">The timestamp of a checkpoint's block; null if it is not known.</param>
    /// <exception cref="PouwException">The mark of the repair is damaged.</exception>
    internal VotingPause(IKeyValueStore store, NetworkParameters parameters, Func<Checkpoint, ulong?> timeOf)
    {
        (_store, _parameters, _timeOf) = (store, parameters, timeOf);
        _since = store.Get(Key) switch
        {
            null => null,
            { Length: MarkBytes } mark => (BinaryPrimitives.ReadUInt64BigEndian(mark), BinaryPrimitives.ReadUInt64BigEndian(mark.AsSpan(8))),
            _ => throw new PouwException("The mark that the store was repaired cannot be read, and voting without it could cost the stake."),
        };
    }

    internal bool IsActive => _since is not null;

    /// <summary>The mark of a repair.</summary>
    internal static KeyValuePair<byte[], byte[]> MarkOf(ulong timeMs, ulong height)
    {
        byte[] mark = new byte[MarkBytes];
        BinaryPrimitives.WriteUInt64BigEndian(mark, timeMs);
        BinaryPrimitives.WriteUInt64BigEndian(mark.AsSpan(8), height);
        return new KeyValuePair<byte[], byte[]>(Key, mark);
    }

    internal static WriteBatch End(WriteBatch batch) => batch.Delete(Key);

    /// <summary>True if a vote may be signed. The first that may ends the pause.</summary>
    internal bool Admits(CheckpointVote vote)
    {
        if (_since is not { } since)
        {
            return true;
        }

        ulong youngest = since.TimeMs + _parameters.MaxFutureMilliseconds;
        if (vote.SourceHeight <= since.Height || _timeOf(new Checkpoint(vote.SourceHeight, vote.SourceId)) is not { } time || time <= youngest)
        {
            return false;
        }

        _store.Apply(End(new WriteBatch()));
        _since = null;
        return true;
    }
}
