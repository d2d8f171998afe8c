using PoUW.Core.Codec;
using PoUW.Core.State;

namespace PoUW.Core.Finality;

/// <summary>The votes for one link between two checkpoints.</summary>
/// <param name="Tally">The power of its voters: each one's at the time of the vote, or all at the last recount.</param>
/// <param name="Voters">How many there are; each is a record of its own.</param>
/// <param name="Decided">Whether the link has more than two thirds of the power; later votes change nothing.</param>
internal sealed record VoteLink(UInt128 Tally, ulong Voters, bool Decided)
{
    internal static VoteLink Empty { get; } = new(0, 0, false);

    internal byte[] Encode() => new RlpWriter().BeginList().Write(Tally).Write(Voters).Write(Decided ? 1UL : 0UL).EndList().Finish();

    internal static VoteLink Decode(byte[] stored)
    {
        RlpReader outer = new(stored);
        RlpReader items = outer.ReadList();
        VoteLink link = new(items.ReadUInt128(), items.ReadUInt64(), items.ReadUInt64(1) == 1);
        return items.TryFinish() && outer.TryFinish() ? link : throw new StateTreeException("A tally of votes is damaged.");
    }
}
