using System.Buffers.Binary;
using PoUW.Core.Codec;
using PoUW.Core.Ledger;
using PoUW.Economics.Staking;

namespace PoUW.Economics.TileWork;

/// <summary>
/// The queue of bonuses: one record a height, so a block touches only what is due in it, and at most <see cref="MaxPerBlock"/> of them. A bonus
/// stands for a block that was won, so the queue is never longer than the chain.
/// </summary>
public static class WorkVesting
{
    /// <summary>Most bonuses of a block; what does not fit waits for the next one.</summary>
    public const int MaxPerBlock = 256;

    /// <summary>The bonuses that are due at the end of a block, in the order in which their units were accepted.</summary>
    public static IReadOnlyList<VestingBonus> DueAt(IStateReader state, ulong height)
    {
        if (state.GetRecord(Key(height)) is not { } record)
        {
            return [];
        }

        RlpReader outer = new(record);
        RlpReader items = outer.ReadList();
        List<VestingBonus> due = [];
        bool complete = true;
        while (complete && !items.AtEnd)
        {
            RlpReader fields = items.ReadList();
            due.Add(new VestingBonus(fields.ReadAddress(), fields.ReadAmount(), fields.ReadUInt64()));
            complete = fields.TryFinish();
        }

        return complete && items.TryFinish() && outer.TryFinish()
            ? due
            : throw new EconomicsException($"The bonuses due at height {height} cannot be read.");
    }

    internal static void Add(IStateWriter state, ulong height, VestingBonus bonus)
    {
        IReadOnlyList<VestingBonus> before = DueAt(state, height);
        while (before.Count >= MaxPerBlock)
        {
            height++;
            before = DueAt(state, height);
        }

        RlpWriter writer = new RlpWriter().BeginList();
        foreach (VestingBonus entry in before.Append(bonus))
        {
            writer.BeginList().Write(entry.Worker).Write(entry.Amount).Write(entry.WonHeight).EndList();
        }

        state.SetRecord(Key(height), writer.EndList().Finish());
    }

    /// <summary>Mints what is due; a worker that was banned after its win gets nothing.</summary>
    internal static void Pay(IStateWriter state, ulong height)
    {
        IReadOnlyList<VestingBonus> due = DueAt(state, height);
        foreach (VestingBonus bonus in due)
        {
            if (StakeLedger.Get(state, bonus.Worker).BannedUntil <= bonus.WonHeight)
            {
                state.Mint(bonus.Worker, bonus.Amount);
            }
        }

        if (due.Count > 0)
        {
            state.SetRecord(Key(height), null);
        }
    }

    private static StateKey Key(ulong height)
    {
        byte[] id = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(id, height);
        return StateKey.Create(WorkLedger.Module, "vesting", id);
    }
}
