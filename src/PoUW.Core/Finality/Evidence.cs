using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Finality;

/// <summary>
/// The payload that proves an equivocation: RLP list (kind, first item, second item), both items as byte strings. Items are full encoded
/// transactions for votes, and encoded <see cref="SignedHeader"/>s for blocks; their order does not matter. Immutable.
/// </summary>
/// <param name="Kind">What the items are.</param>
/// <param name="First">One item, up to <see cref="MaxItemBytes"/>.</param>
/// <param name="Second">The other.</param>
public sealed record Evidence(EvidenceKind Kind, ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second)
{
    /// <summary>Largest item in bytes; fits any vote and any header.</summary>
    public const int MaxItemBytes = 1024;

    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = (2 * MaxItemBytes) + 16;

    /// <summary>Evidence of two votes.</summary>
    public static Evidence OfVotes(Transaction first, Transaction second) => new(EvidenceKind.Votes, first.Encode(), second.Encode());

    /// <summary>Evidence of two blocks.</summary>
    public static Evidence OfBlocks(SignedHeader first, SignedHeader second) => new(EvidenceKind.Blocks, first.Encode(), second.Encode());

    /// <summary>The canonical encoding.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write((ulong)Kind).Write(First.Span).Write(Second.Span).EndList().Finish();

    /// <summary>Reads evidence; checks form and limits, not what it proves.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out Evidence? evidence)
    {
        evidence = null;
        if (data.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Evidence), $"{data.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        EvidenceKind kind = (EvidenceKind)items.ReadUInt64(byte.MaxValue);
        byte[] first = items.ReadBytes(MaxItemBytes).ToArray();
        byte[] second = items.ReadBytes(MaxItemBytes).ToArray();
        if (!items.TryFinish() || !outer.TryFinish() || kind is not (EvidenceKind.Votes or EvidenceKind.Blocks))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(Evidence), "Not the canonical encoding of evidence.");
        }

        evidence = new Evidence(kind, first, second);
        return ValidationResult.Ok;
    }
}
