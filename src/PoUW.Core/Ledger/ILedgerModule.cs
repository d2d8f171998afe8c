using PoUW.Core.Validation;

namespace PoUW.Core.Ledger;

/// <summary>
/// A part of the state transition that lives outside Core: it owns some transaction kinds and a prefix of the state. A module is
/// consensus code: it must be a pure function of its arguments (no clock, no randomness, no enumeration of hash tables, no static
/// state), and it must not throw on bad input. The chain calls it from one thread at a time; it must not call back into the chain.
/// </summary>
public interface ILedgerModule
{
    /// <summary>A short unique name, also the prefix of the module's state keys.</summary>
    string Name { get; }

    /// <summary>The transaction kinds that this module executes.</summary>
    IReadOnlyList<TransactionKind> Kinds { get; }

    /// <summary>Writes the module's part of the genesis state.</summary>
    void Genesis(IStateWriter state);

    /// <summary>Checks what can be checked without state: the payload's canonical form and its limits. Used by admission and validation.</summary>
    ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload);

    /// <summary>Runs before the first transaction of every block but genesis. Most modules have nothing to do then.</summary>
    void BeginBlock(BlockContext block, IStateWriter state)
    {
    }

    /// <summary>
    /// Executes a transaction whose signature, nonce and fee are settled. On failure the chain discards every write of this call,
    /// keeps the fee, and records the code in the receipt.
    /// </summary>
    ValidationResult Execute(TransactionContext transaction, IStateWriter state);

    /// <summary>Runs after the last transaction of every block.</summary>
    void EndBlock(BlockContext block, IStateWriter state);
}
