using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Economics.TileWork;

/// <summary>A block that an operation of a lease won.</summary>
/// <param name="Step">The step, counted from the start of the job.</param>
/// <param name="Operation">The operation's index in the job's work plan.</param>
/// <param name="Operands">Digest of the operands that the certificate named; auditors compare it with those of their replay.</param>
/// <param name="Height">The block.</param>
/// <param name="Bonus">What the win earns if the unit is accepted: settled by the block's target.</param>
public sealed record WorkWin(ulong Step, uint Operation, Hash256 Operands, ulong Height, Amount Bonus)
{
    internal void Write(RlpWriter writer) =>
        writer.BeginList().Write(Step).Write((ulong)Operation).Write(Operands).Write(Height).Write(Bonus).EndList();

    internal static WorkWin Read(ref RlpReader outer, out bool complete)
    {
        RlpReader fields = outer.ReadList();
        WorkWin read = new(
            fields.ReadUInt64(), (uint)fields.ReadUInt64(uint.MaxValue), fields.ReadHash(), fields.ReadUInt64(), fields.ReadAmount());
        complete = fields.TryFinish();
        return read;
    }
}
