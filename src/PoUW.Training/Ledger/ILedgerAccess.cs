using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Training.Ledger;

/// <summary>
/// What the training pipeline needs of its own node: the state at the head, and a way to send transactions. The node is trusted, since
/// it validates every block itself. Members may be called from any thread.
/// </summary>
public interface ILedgerAccess
{
    /// <summary>The network's parameters.</summary>
    NetworkParameters Parameters { get; }

    /// <summary>A consistent view of the head block's state. It stays readable while new blocks arrive.</summary>
    LedgerView View { get; }

    /// <summary>The nonce that an account's next transaction should carry: after the gapless ones that wait in the node's pool already.</summary>
    ulong NextNonce(Address sender);

    /// <summary>Admits a transaction to the node's pool and passes it on.</summary>
    ValidationResult Submit(Transaction transaction);

    /// <summary>A task that ends when the head is no longer at <paramref name="version"/>; at once if it has moved already.</summary>
    Task WaitForChangeAsync(long version, CancellationToken cancellation);
}
