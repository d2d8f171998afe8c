using PoUW.Core.Codec;
using PoUW.Core.State;

namespace PoUW.Core.Finality;

/// <summary>The heights of the newest checkpoint, of the highest justified and of the highest finalized one.</summary>
internal sealed record FinalityStatus(ulong LatestHeight, ulong JustifiedHeight, ulong FinalizedHeight)
{
    internal static FinalityStatus Start { get; } = new(0, 0, 0);

    internal byte[] Encode() => new RlpWriter().BeginList().Write(LatestHeight).Write(JustifiedHeight).Write(FinalizedHeight).EndList().Finish();

    internal static FinalityStatus Decode(byte[] stored)
    {
        RlpReader outer = new(stored);
        RlpReader items = outer.ReadList();
        FinalityStatus status = new(items.ReadUInt64(), items.ReadUInt64(), items.ReadUInt64());
        return items.TryFinish() && outer.TryFinish() ? status : throw new StateTreeException("The finality record is damaged.");
    }
}
