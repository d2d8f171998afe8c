namespace PoUW.Core.Tests.Recovery;

/// <summary>What a run of the harness saw. Changed while it runs; used by one thread.</summary>
internal sealed class CrashTally
{
    /// <summary>Processes that were killed.</summary>
    internal int Kills { get; set; }

    /// <summary>Kills before the store was open.</summary>
    internal int EarlyKills { get; set; }

    /// <summary>Blocks that were acknowledged.</summary>
    internal int Acknowledged { get; set; }

    /// <summary>Times that the whole script was imported, over all kills on the way.</summary>
    internal int Completed { get; set; }

    /// <summary>Stores that were damaged.</summary>
    internal int Tears { get; set; }

    /// <summary>Damaged stores in which everything was there and right.</summary>
    internal int Intact { get; set; }

    /// <summary>Damaged stores that did not open.</summary>
    internal int Refused { get; set; }

    /// <summary>Damaged stores that opened, and whose check found the damage.</summary>
    internal int Found { get; set; }

    /// <summary>Refused or found stores that were repaired and reached the head of the reference.</summary>
    internal int Repaired { get; set; }

    /// <summary>Blocks that repairs took from damaged stores.</summary>
    internal ulong Salvaged { get; set; }

    /// <summary>What became of the full disks: "resumed", "skipped" or "failed".</summary>
    internal string DiskFull { get; set; } = "skipped";

    /// <summary>What became of the limited file size.</summary>
    internal string FileLimit { get; set; } = "skipped";

    /// <summary>What became of files that could no longer be written in mid-import.</summary>
    internal string ReadOnly { get; set; } = "skipped";

    /// <summary>What must not happen, one sentence each.</summary>
    internal List<string> Violations { get; } = [];
}
