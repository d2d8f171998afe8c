namespace PoUW.Training.Workers;

/// <summary>The states of a worker.</summary>
public enum WorkerActivity
{
    /// <summary>Not started or stopped.</summary>
    Idle,

    /// <summary>Without a lease: mines the commons product.</summary>
    Mining,

    /// <summary>Fetches the program, data or states of a unit.</summary>
    Fetching,

    /// <summary>Runs a unit.</summary>
    Training,
}
