namespace PoUW.Network.Chunks;

/// <summary>How a fetch ended.</summary>
public enum FetchStatus
{
    /// <summary>The bytes are here and prove the hash.</summary>
    Ok,

    /// <summary>No connected peer gave it.</summary>
    NotFound,

    /// <summary>The blob's manifest is not valid, or its chunks do not have the lengths that it says.</summary>
    Malformed,

    /// <summary>The blob is longer than the limit.</summary>
    TooLarge,
}
