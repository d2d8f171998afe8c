namespace PoUW.Core.Archive;

/// <summary>Which part of a stored chain a finding is about.</summary>
public enum IntegrityArea
{
    /// <summary>The store itself: it cannot be read at all, or says that its files are damaged.</summary>
    Store,

    /// <summary>The record of the head and of what is final.</summary>
    Head,

    /// <summary>The index from heights to ids.</summary>
    HeightIndex,

    /// <summary>A header with what the chain keeps beside it.</summary>
    Entry,

    /// <summary>A block.</summary>
    Block,

    /// <summary>The receipts of a block.</summary>
    Receipts,

    /// <summary>The index from transactions to blocks.</summary>
    TransactionIndex,

    /// <summary>Which blocks still have their witness.</summary>
    Witnesses,

    /// <summary>The state after the head.</summary>
    State,

    /// <summary>The log of notifications for hosts.</summary>
    Notifications,
}
