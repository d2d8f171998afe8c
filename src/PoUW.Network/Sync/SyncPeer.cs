using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>What the sync knows of a peer. Guarded by the lock of <see cref="SyncPeers"/>.</summary>
internal sealed class SyncPeer(PeerId id)
{
    /// <summary>Blocks that a new peer is asked for at once.</summary>
    internal const int FirstBatch = 8;

    internal PeerId Id { get; } = id;

    /// <summary>True while its headers are being asked for.</summary>
    internal bool IsAsking { get; set; }

    /// <summary>True if it has to be asked once more after that.</summary>
    internal bool AskAgain { get; set; }

    /// <summary>True while its headers are being asked for, from when on an answer took long.</summary>
    internal bool IsLate { get; set; }

    /// <summary>It is asked for no headers before this time, in ticks of the clock.</summary>
    internal long HeadersPausedUntil { get; set; }

    /// <summary>How often in a row nobody had the bodies of headers that it sent; a body of it ends the row.</summary>
    internal int Disappointments { get; set; }

    /// <summary>True while its headers are followed, from when on it had more of them than the intake has places for.</summary>
    internal bool IsFull { get; set; }

    /// <summary>The height of its head, as it says.</summary>
    internal ulong ClaimedHeight { get; set; }

    /// <summary>From this height on it has all witnesses, as it says.</summary>
    internal ulong WitnessFloor { get; set; }

    /// <summary>True once its missing witnesses were told.</summary>
    internal bool WasWarned { get; set; }

    /// <summary>Requests for bodies under way.</summary>
    internal int Requests { get; set; }

    /// <summary>How many blocks it is asked for at once: those that answer fast get more.</summary>
    internal int Batch { get; set; } = FirstBatch;

    /// <summary>How long its last answer with bodies took; null before one, and when a later one is overdue.</summary>
    internal TimeSpan? AnswerTime { get; set; }

    /// <summary>How often in a row it answered that it is busy.</summary>
    internal int BusyAnswers { get; set; }

    /// <summary>It is asked for no bodies before this time, in ticks of the clock.</summary>
    internal long PausedUntil { get; set; }

    /// <summary>True once its pool was asked for.</summary>
    internal bool WasAskedForPool { get; set; }
}
