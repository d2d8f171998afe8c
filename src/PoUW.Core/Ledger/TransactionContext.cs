using PoUW.Core.Primitives;

namespace PoUW.Core.Ledger;

/// <summary>What a module sees of a transaction that it executes.</summary>
/// <param name="Id">The transaction's id.</param>
/// <param name="Kind">Its kind, one of the module's.</param>
/// <param name="Sender">The account that signed it.</param>
/// <param name="Nonce">The sender's nonce in this transaction.</param>
/// <param name="Payload">The module's own encoding.</param>
/// <param name="Block">The block it is in.</param>
public sealed record TransactionContext(
    Hash256 Id, TransactionKind Kind, Address Sender, ulong Nonce, ReadOnlyMemory<byte> Payload, BlockContext Block);
