using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.State;

namespace PoUW.Core.Finality;

/// <summary>What the state keeps about a checkpoint.</summary>
/// <param name="Id">The block's id.</param>
/// <param name="Justified">Whether more than two thirds of the power voted for a link from a justified checkpoint to it.</param>
/// <param name="Sources">The heights from which there are votes for it, in the order of their first vote; says what to prune.</param>
internal sealed record CheckpointRecord(Hash256 Id, bool Justified, IReadOnlyList<ulong> Sources)
{
    internal byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().Write(Id).Write(Justified ? 1UL : 0UL).BeginList();
        foreach (ulong source in Sources)
        {
            writer.Write(source);
        }

        return writer.EndList().EndList().Finish();
    }

    internal static CheckpointRecord Decode(byte[] stored)
    {
        RlpReader outer = new(stored);
        RlpReader items = outer.ReadList();
        Hash256 id = items.ReadHash();
        bool justified = items.ReadUInt64(1) == 1;
        RlpReader list = items.ReadList();
        List<ulong> sources = [];
        while (!list.AtEnd)
        {
            sources.Add(list.ReadUInt64());
        }

        return list.TryFinish() && items.TryFinish() && outer.TryFinish()
            ? new CheckpointRecord(id, justified, sources)
            : throw new StateTreeException("A checkpoint record is damaged.");
    }
}
