using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.State;

namespace PoUW.Vm.Tracing;

/// <summary>Shows one record under the root of a trace. Immutable.</summary>
/// <param name="Record">The record.</param>
/// <param name="Path">Siblings on the way to the root, from the leaf up; a level without a sibling has none.</param>
public sealed record TraceProof(TraceRecord Record, IReadOnlyList<Hash256> Path)
{
    /// <summary>Largest encoded proof in bytes.</summary>
    public const int MaxEncodedBytes = TraceRecord.MaxEncodedBytes + 16 + (MerklePath.MaxLength * (Hash256.Size + 1));

    /// <summary>Checks the proof.</summary>
    /// <param name="root">The root of the trace that is believed.</param>
    /// <param name="count">Number of its records: it gives the tree its form, so whoever commits to a root commits to it, too.</param>
    /// <returns>Ok if the trace holds <see cref="Record"/> at the place that its sequence number names.</returns>
    public ValidationResult Verify(Hash256 root, int count)
    {
        if (Record.Sequence < 0 || Record.Sequence >= count)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(TraceRecord.Sequence), $"Record {Record.Sequence} of {count}.");
        }

        if (Path.Count != MerklePath.Length(Record.Sequence, count))
        {
            return ValidationResult.Fail(
                ValidationCode.Malformed, nameof(Path), $"{Path.Count} siblings instead of {MerklePath.Length(Record.Sequence, count)}.");
        }

        Span<byte> leaf = stackalloc byte[Hash256.Size];
        HashTree.HashLeaf(Record.Encode(), leaf);
        return MerklePath.Root(new Hash256(leaf), Record.Sequence, count, Path) == root
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.BadOpening, nameof(Path), "The record does not lead to the root.");
    }

    /// <summary>The canonical encoding: RLP list (record, siblings).</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().WriteEncoded(Record.Encode());
        HashList.Write(writer, Path);
        return writer.EndList().Finish();
    }

    /// <summary>Reads a proof; checks form and limits only.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, out TraceProof? proof)
    {
        proof = null;
        if (bytes.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "proof", $"{bytes.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(bytes);
        RlpReader items = outer.ReadList();
        ValidationResult result = TraceRecord.TryDecode(items.ReadEncodedItem(), out TraceRecord? record);
        bool isWhole = HashList.TryRead(ref items, MerklePath.MaxLength, out Hash256[] path);
        if (!result.IsValid || !isWhole || !items.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "proof", "Not the canonical encoding of a trace proof.");
        }

        proof = new TraceProof(record!, path);
        return ValidationResult.Ok;
    }
}
