namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>A miner that leaves out a part of every tile, chosen at random, and claims the state that it gets.</summary>
internal sealed class LazyMiner(NoisedProduct product, SkippedWork skipped, Random random)
{
    private static readonly sbyte[] Nothing = new sbyte[Core.Work.TileWorkParameters.MaxPaddedInner];

    /// <summary>The state that it claims for a tile.</summary>
    public uint[] State(int tileRow, int tileColumn, int segment)
    {
        const int edge = NoisedProduct.Edge;
        bool last = segment > 0 && (segment + 1) * Core.Work.TileWorkParameters.SegmentLength >= product.Inner;
        int worked = skipped == SkippedWork.LastSegment && last ? segment - 1 : segment;
        sbyte[][] rows = [.. product.NoisyA.AsSpan(tileRow * edge, edge)];
        sbyte[][] columns = [.. product.NoisyB.AsSpan(tileColumn * edge, edge)];
        int start = worked * Core.Work.TileWorkParameters.SegmentLength;
        int length = product.LengthOfSegment(worked);
        if (skipped == SkippedWork.Row)
        {
            rows[random.Next(edge)] = Nothing;
        }
        else if (skipped == SkippedWork.Column)
        {
            columns[random.Next(edge)] = Nothing;
        }
        else if (skipped == SkippedWork.Stride)
        {
            int strip = random.Next(length / product.Rank);
            rows = [.. rows.Select(row => Without(row, start + (strip * product.Rank), product.Rank))];
        }

        return SnapshotFold.Xor(NoisedProduct.Snapshots(rows, columns, start, length, product.Rank, new MacCounter()));
    }

    private static sbyte[] Without(sbyte[] row, int start, int length)
    {
        sbyte[] copy = [.. row];
        copy.AsSpan(start, length).Clear();
        return copy;
    }
}
