using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Training.Ledger;
using PoUW.Training.Tests.Economics;

namespace PoUW.Training.Tests.Ledger;

/// <summary>A node's ledger whose pool takes every transaction and whose blocks hold none of them.</summary>
internal sealed class HarnessLedger(LedgerHarness harness) : ILedgerAccess
{
    public List<Transaction> Submitted { get; } = [];

    public NetworkParameters Parameters => NetworkParameters.Development;

    public LedgerView View => new((long)harness.Height, harness.Height, 0, harness.State);

    public ulong NextNonce(Address sender) => View.State.GetAccount(sender).Nonce;

    public ValidationResult Submit(Transaction transaction)
    {
        Submitted.Add(transaction);
        return ValidationResult.Ok;
    }

    public Task WaitForChangeAsync(long version, CancellationToken cancellation) => Task.CompletedTask;
}
