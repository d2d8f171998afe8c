using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Transactions;

/// <summary>The payload of a transfer: RLP list (to, amount, memo).</summary>
/// <param name="To">Who gets the coins.</param>
/// <param name="Amount">How much.</param>
/// <param name="Memo">Bytes for the recipient, up to <see cref="MaxMemoBytes"/>; the ledger does not look at them.</param>
public sealed record TransferPayload(Address To, Amount Amount, ReadOnlyMemory<byte> Memo = default)
{
    /// <summary>Longest memo in bytes.</summary>
    public const int MaxMemoBytes = 64;

    /// <summary>The canonical encoding.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write(To).Write(Amount).Write(Memo.Span).EndList().Finish();

    /// <summary>Reads a payload; fails on any deviation from the canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out TransferPayload? payload)
    {
        ValidationResult parsed = TryParse(data, out Address to, out Amount amount, out ReadOnlySpan<byte> memo);
        payload = parsed.IsValid ? new TransferPayload(to, amount, memo.ToArray()) : null;
        return parsed;
    }

    /// <summary>Reads a payload into its parts; allocates nothing for one that is valid.</summary>
    /// <param name="data">The encoding.</param>
    /// <param name="to">Who gets the coins.</param>
    /// <param name="amount">How much.</param>
    /// <param name="memo">A slice of <paramref name="data"/>.</param>
    public static ValidationResult TryParse(ReadOnlySpan<byte> data, out Address to, out Amount amount, out ReadOnlySpan<byte> memo)
    {
        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        to = items.ReadAddress();
        amount = items.ReadAmount();
        memo = items.ReadBytes(MaxMemoBytes);
        return items.TryFinish() && outer.TryFinish()
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.Malformed, "Payload", "Not the canonical encoding of a transfer, or the memo is too long.");
    }
}
