namespace PoUW.Core.Storage;

/// <summary>Why a store cannot do what was asked.</summary>
public enum StoreFailure
{
    /// <summary>The store failed for a reason of its own, for instance a read error; the message says which.</summary>
    Unavailable,

    /// <summary>Another process has the store open.</summary>
    Locked,

    /// <summary>The files or their folder cannot be written.</summary>
    ReadOnly,

    /// <summary>There is no room left on the disk.</summary>
    DiskFull,

    /// <summary>The files are damaged or not a store.</summary>
    Corrupt,

    /// <summary>Newer software wrote the files.</summary>
    NewerVersion,
}
