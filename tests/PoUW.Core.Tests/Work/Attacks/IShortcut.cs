namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>A miner of one segment of a product that does not multiply as the honest one does.</summary>
internal interface IShortcut
{
    /// <summary>The 1,024 accumulators of a tile at every snapshot of the segment.</summary>
    List<int[]> Snapshots(int tileRow, int tileColumn);
}
