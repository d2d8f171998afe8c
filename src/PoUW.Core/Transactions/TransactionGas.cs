using PoUW.Core.Parameters;
using PoUW.Core.Primitives;

namespace PoUW.Core.Transactions;

/// <summary>What a transaction uses and pays. Gas depends on the size alone, so it is known before execution.</summary>
public static class TransactionGas
{
    /// <summary>Gas of every transaction.</summary>
    public const ulong PerTransaction = 21_000;

    /// <summary>Gas of every payload byte.</summary>
    public const ulong PerPayloadByte = 16;

    /// <summary>The gas that a transaction with a payload of this length uses.</summary>
    public static ulong Intrinsic(int payloadBytes) => PerTransaction + (PerPayloadByte * (ulong)payloadBytes);

    /// <summary>The gas that the transaction uses.</summary>
    public static ulong Of(TransactionBody body) => Intrinsic(body.Payload.Length);

    /// <summary>The part of the fee that is burned.</summary>
    public static Amount BurnedFee(TransactionBody body, NetworkParameters parameters) => parameters.BaseFeePerGas * Of(body);

    /// <summary>The part of the fee that the producer gets.</summary>
    public static Amount Tip(TransactionBody body) => new((UInt128)body.TipPerGas * Of(body));

    /// <summary>The whole fee.</summary>
    public static Amount Fee(TransactionBody body, NetworkParameters parameters) => BurnedFee(body, parameters) + Tip(body);
}
