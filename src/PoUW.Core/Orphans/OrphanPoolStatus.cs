namespace PoUW.Core.Orphans;

/// <summary>What an orphan pool holds and has done, for displays. The last five count from the start.</summary>
/// <param name="Blocks">Blocks that wait; one from two sources counts twice.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Sources">Sources that have such blocks.</param>
/// <param name="Kept">Blocks that were kept.</param>
/// <param name="Adopted">Those that were imported when their parent had come, valid or not.</param>
/// <param name="Evicted">Those that made room for others.</param>
/// <param name="Expired">Those whose parent did not come in time.</param>
/// <param name="Refused">Blocks without parent that were not kept.</param>
public sealed record OrphanPoolStatus(int Blocks, long Bytes, int Sources, long Kept, long Adopted, long Evicted, long Expired, long Refused);
