using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

/// <summary>
/// A small real module: a transaction's payload is one byte that is added to a counter; zero is refused when executed, and a payload of
/// another length is malformed. The end of a block stores the block's beacon.
/// </summary>
internal sealed class CounterModule : ILedgerModule
{
    internal static readonly StateKey Counter = StateKey.Create("counter", "value", []);

    internal static readonly StateKey LastBeacon = StateKey.Create("counter", "beacon", []);

    public string Name => "counter";

    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.Stake];

    public void Genesis(IStateWriter state) => state.SetRecord(Counter, [0]);

    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => payload.Length == 1
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.Malformed, "Payload", "One byte is wanted.");

    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        byte step = transaction.Payload.Span[0];
        state.SetRecord(Counter, [(byte)((state.GetRecord(Counter)![0] + step) & 0xFF)]);
        state.TryBurn(transaction.Sender, Amount.FromCoins(1));

        // The writes above must be discarded in this case.
        return step == 0 ? ValidationResult.Fail(ValidationCode.NotAllowed, "Payload", "Zero is not a step.") : ValidationResult.Ok;
    }

    public void EndBlock(BlockContext block, IStateWriter state) => state.SetRecord(LastBeacon, block.Beacon.ToArray());
}
