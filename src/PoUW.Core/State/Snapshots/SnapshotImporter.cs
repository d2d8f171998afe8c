using System.Buffers.Binary;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Validation;

namespace PoUW.Core.State.Snapshots;

/// <summary>
/// Builds a state from chunks that come from anyone. A chunk is verified by itself against the state root and stored in one batch with the
/// progress, so an import goes on after a crash where it was. Chunks come in order. Once complete, the state is a version like any other;
/// the parts before it can be pruned with <see cref="WorldState.BeginPrune"/>. Not thread-safe; nothing else may commit meanwhile.
/// </summary>
public sealed class SnapshotImporter
{
    private const byte Format = 1;
    private const int ProgressBytes = 1 + Hash256.Size + 8 + Hash256.Size + 1 + Hash256.Size;

    private readonly IKeyValueStore _store;
    private readonly WorldState _world;
    private readonly Hash256 _manifest;
    private readonly Hash256 _root;

    /// <summary>Starts an import, or goes on with one of the same manifest.</summary>
    /// <exception cref="StateTreeException">The stored progress is damaged.</exception>
    public SnapshotImporter(IKeyValueStore store, WorldState world, SnapshotManifest manifest)
    {
        (_store, _world, _root) = (store, world, manifest.StateRoot);
        _manifest = Hash256.Sha256(manifest.Encode());
        IsComplete = _root.IsZero;
        if (store.Get(ProgressKey) is { } stored)
        {
            Restore(stored);
        }
    }

    /// <summary>The path after which the next chunk begins; null before the first.</summary>
    public Hash256? After { get; private set; }

    /// <summary>True once everything is there.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The state so far; the whole state once <see cref="IsComplete"/>.</summary>
    public StateVersion State { get; private set; }

    private static ReadOnlySpan<byte> ProgressKey => "state/import"u8;

    /// <summary>Verifies the next chunk and stores its leaves.</summary>
    /// <returns>
    /// <see cref="ValidationCode.OutOfRange"/> if it is not the chunk that comes next, and what <see cref="SnapshotChunkVerifier"/> says. After
    /// a failure nothing has changed.
    /// </returns>
    /// <exception cref="StoreException">Nothing was stored; the same chunk can be added again.</exception>
    public ValidationResult Add(SnapshotChunk chunk)
    {
        if (IsComplete || chunk.Previous != After)
        {
            string next = IsComplete ? "nothing is missing" : After is { } after ? $"the next one follows {after}" : "the first one is due";
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(SnapshotChunk.Previous), $"The chunk does not come next: {next}.");
        }

        ValidationResult verified = SnapshotChunkVerifier.Verify(_root, chunk);
        if (!verified.IsValid)
        {
            return verified;
        }

        StateUpdate update = _world.Insert(chunk.Leaves, State);
        bool complete = chunk.Right is null;
        if (complete && update.Root != _root)
        {
            throw new StateTreeException($"Chunks that were all verified give the state {update.Root}, not {_root}.");
        }

        WriteBatch batch = new();
        StateVersion state = update.WriteTo(batch);
        Hash256 last = chunk.Leaves[^1].Path;
        batch.Put(ProgressKey, Progress(state, last, complete));
        _store.Apply(batch);
        (State, After, IsComplete) = (state, last, complete);
        return ValidationResult.Ok;
    }

    private byte[] Progress(StateVersion state, Hash256 last, bool complete)
    {
        byte[] stored = new byte[ProgressBytes];
        stored[0] = Format;
        _manifest.CopyTo(stored.AsSpan(1));
        BinaryPrimitives.WriteUInt64BigEndian(stored.AsSpan(33), state.Number);
        state.Root.CopyTo(stored.AsSpan(41));
        stored[73] = complete ? (byte)1 : (byte)0;
        last.CopyTo(stored.AsSpan(74));
        return stored;
    }

    private void Restore(ReadOnlySpan<byte> stored)
    {
        if (stored.Length != ProgressBytes || stored[0] != Format || stored[73] > 1)
        {
            throw new StateTreeException("The stored progress of a snapshot import is damaged.");
        }

        // The parts of another import are a dead branch, which pruning takes.
        if (new Hash256(stored.Slice(1, Hash256.Size)) == _manifest)
        {
            State = new StateVersion(BinaryPrimitives.ReadUInt64BigEndian(stored[33..]), new Hash256(stored.Slice(41, Hash256.Size)));
            After = new Hash256(stored[74..]);
            IsComplete = stored[73] == 1;
        }
    }
}
