namespace PoUW.Economics.Jobs;

/// <summary>Where a job is in its life. Values are part of the state encoding.</summary>
public enum JobStatus : byte
{
    /// <summary>Units are leased and committed.</summary>
    Active = 1,

    /// <summary>The client asked to end; the current round runs out first, so that no finished work goes unpaid.</summary>
    Closing = 2,

    /// <summary>Every unit was committed.</summary>
    Completed = 3,

    /// <summary>Ended early by the client.</summary>
    Cancelled = 4,

    /// <summary>Ended by its deadline.</summary>
    TimedOut = 5,
}
