namespace PoUW.Core.Mempool;

/// <summary>Why a transaction left the pool.</summary>
public enum RemovalReason
{
    /// <summary>A block of the chain of the head holds it.</summary>
    Included,

    /// <summary>The sender replaced it with a transaction of the same nonce that offers more.</summary>
    Replaced,

    /// <summary>The pool was full, and it was among the cheapest.</summary>
    Evicted,

    /// <summary>The next block is above its expiry height.</summary>
    Expired,

    /// <summary>The sender's balance no longer covers its fee and the fees before it.</summary>
    Unpayable,

    /// <summary>A block holds another transaction with its nonce.</summary>
    Superseded,

    /// <summary>A transaction of the sender with a lower nonce left and was not mined, so no block could take this one.</summary>
    Stranded,
}
