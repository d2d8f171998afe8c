namespace PoUW.Training.Tests.Economics;

/// <summary>What an auditor of lane T does.</summary>
internal enum ToleranceVote
{
    /// <summary>It says that the state is within the bounds.</summary>
    Within,

    /// <summary>It says that the state is outside the bounds.</summary>
    Outside,

    /// <summary>It says that it cannot say anything.</summary>
    Absent,

    /// <summary>It commits, and does not open.</summary>
    Hidden,

    /// <summary>It does not commit.</summary>
    Silent,
}
