using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

/// <summary>Writes down in the state what happens in a block in which order, and what the block knows of its parent's ticket.</summary>
internal sealed class OrderModule : ILedgerModule
{
    private static readonly StateKey Order = StateKey.Create("order", "text", []);
    private static readonly StateKey Operands = StateKey.Create("order", "operands", []);

    public string Name => "order";

    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.Withdraw];

    internal static string TextIn(IStateReader state) => System.Text.Encoding.ASCII.GetString(state.GetRecord(Order) ?? []);

    internal static Hash256 OperandsIn(IStateReader state) => new(state.GetRecord(Operands)!);

    public void Genesis(IStateWriter state)
    {
    }

    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => ValidationResult.Ok;

    public void BeginBlock(BlockContext block, IStateWriter state)
    {
        state.SetRecord(Order, [(byte)'[', block.ParentWork is null ? (byte)'u' : (byte)'b']);
        state.SetRecord(Operands, (block.ParentWork?.Operands ?? Hash256.Zero).ToArray());
    }

    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        Add(state, 't');
        return ValidationResult.Ok;
    }

    public void EndBlock(BlockContext block, IStateWriter state) => Add(state, ']');

    private static void Add(IStateWriter state, char sign) => state.SetRecord(Order, [.. state.GetRecord(Order)!, (byte)sign]);
}
