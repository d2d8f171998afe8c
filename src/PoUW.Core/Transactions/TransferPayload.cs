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
    public byte[] Encode() => new RlpWriter().BeginList().Write(To).Write(Amount).Write(Memo.Span).EndList().ToArray();

    /// <summary>Reads a payload; fails on any deviation from the canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out TransferPayload? payload)
    {
        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        TransferPayload read = new(items.ReadAddress(), items.ReadAmount(), items.ReadBytes(MaxMemoBytes).ToArray());
        bool valid = items.TryFinish() && outer.TryFinish();
        payload = valid ? read : null;
        return valid
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.Malformed, "Payload", "Not the canonical encoding of a transfer, or the memo is too long.");
    }
}
