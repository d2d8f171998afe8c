using System.Buffers.Binary;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

/// <summary>Finality without votes, for tests: the ancestor a fixed number of blocks below the head is final.</summary>
internal sealed class DepthFinality(ulong depth) : ILedgerModule, IFinalityRule
{
    private static readonly StateKey Height = StateKey.Create("depth", "height", []);

    public string Name => "depth";

    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.Withdraw];

    public void Genesis(IStateWriter state)
    {
    }

    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => ValidationResult.Ok;

    public void BeginBlock(BlockContext block, IStateWriter state)
    {
        byte[] height = Number(block.Height);
        state.SetRecord(Height, height);
        state.SetRecord(IdKey(block.Height - 1), block.ParentId.ToArray());
    }

    public ValidationResult Execute(TransactionContext transaction, IStateWriter state) => ValidationResult.Ok;

    public void EndBlock(BlockContext block, IStateWriter state)
    {
    }

    public Checkpoint FinalizedIn(IStateReader state)
    {
        ulong height = state.GetRecord(Height) is { } stored ? BinaryPrimitives.ReadUInt64BigEndian(stored) : 0;
        return height > depth
            ? new Checkpoint(height - depth, new Hash256(state.GetRecord(IdKey(height - depth))!))
            : new Checkpoint(0, default);
    }

    private static StateKey IdKey(ulong height) => StateKey.Create("depth", "id", Number(height));

    private static byte[] Number(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
