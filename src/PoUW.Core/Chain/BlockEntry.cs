using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.State;

namespace PoUW.Core.Chain;

/// <summary>What the chain keeps about a block beside the block itself.</summary>
internal sealed record BlockEntry(ChainPosition Position, BlockStatus Status)
{
    private const int MaxWorkBytes = 64;

    internal BlockHeader Header => Position.Header;

    internal void Write(RlpWriter writer)
    {
        Header.Write(writer.BeginList());
        writer.Write(Position.Ticket).Write(Position.TotalWork.ToByteArray(isUnsigned: true, isBigEndian: true)).Write((ulong)Status)
            .Write(Position.Operands).Write(Position.State.Number).EndList();
    }

    internal static BlockEntry Decode(byte[] stored)
    {
        RlpReader outer = new(stored);
        RlpReader items = outer.ReadList();
        BlockHeader header = BlockHeader.Read(ref items, out bool complete);
        Primitives.Hash256 ticket = items.ReadHash();
        System.Numerics.BigInteger work = new(items.ReadBytes(MaxWorkBytes), isUnsigned: true, isBigEndian: true);
        BlockStatus status = (BlockStatus)items.ReadUInt64(2);
        Primitives.Hash256 operands = items.ReadHash();
        ulong version = items.ReadUInt64();
        StateVersion state = status == BlockStatus.Executed ? new StateVersion(version, header.StateRoot) : StateVersion.Empty;
        return complete && items.TryFinish() && outer.TryFinish()
            ? new BlockEntry(new ChainPosition(header, header.Id, ticket, work, operands, state), status)
            : throw new ChainException("A stored block entry is damaged.");
    }
}
