namespace PoUW.Network.Sync;

/// <summary>What a sync is doing.</summary>
public enum SyncMode
{
    /// <summary>Nothing is known that is missing.</summary>
    Idle,

    /// <summary>Asking peers for headers.</summary>
    Headers,

    /// <summary>Fetching and importing blocks.</summary>
    Bodies,

    /// <summary>Fetching the state of a trusted block.</summary>
    Snapshot,
}
