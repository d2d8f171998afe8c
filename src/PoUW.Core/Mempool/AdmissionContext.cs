using PoUW.Core.Accounts;
using PoUW.Core.Chain;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>
/// What an admission rule sees. Immutable. Members from <see cref="Sender"/> on have their meaning after the signature only
/// (<see cref="AdmissionStage.AfterSignature"/>).
/// </summary>
public readonly struct AdmissionContext
{
    /// <summary>The transaction that asks for admission.</summary>
    public required Transaction Transaction { get; init; }

    /// <summary>The limits of the pool.</summary>
    public required MempoolOptions Options { get; init; }

    /// <summary>What a transaction must satisfy to be in a block.</summary>
    public required TransactionRules Rules { get; init; }

    /// <summary>The network.</summary>
    public required NetworkParameters Parameters { get; init; }

    /// <summary>The height of the next block.</summary>
    public required ulong NextHeight { get; init; }

    /// <summary>The body of the transaction.</summary>
    public TransactionBody Body => Transaction.Body;

    /// <summary>True if a transaction with the id waits already.</summary>
    public bool IsKnown { get; init; }

    /// <summary>Who signed it.</summary>
    public Address Sender { get; init; }

    /// <summary>The sender's account at the head.</summary>
    public Account Account { get; init; }

    /// <summary>The transaction's fee.</summary>
    public Amount Fee { get; init; }

    /// <summary>The memory that the transaction would take, in bytes.</summary>
    public long Size { get; init; }

    /// <summary>The sender's waiting transaction with the same nonce, which this one would replace; null if there is none.</summary>
    public Transaction? Replaced { get; init; }

    /// <summary>How many others of the sender wait, without <see cref="Replaced"/>.</summary>
    public int SenderCount { get; init; }

    /// <summary>The memory that they take, in bytes.</summary>
    public long SenderBytes { get; init; }

    /// <summary>The sum of their fees.</summary>
    public Amount SenderFees { get; init; }

    /// <summary>True if a nonce between the account's and the transaction's neither is mined nor waits.</summary>
    public bool IsBehindGap { get; init; }

    /// <summary>
    /// What the transaction offers a block a unit of gas: the lowest tip of its own and of the sender's that must be mined before it.
    /// </summary>
    public ulong OfferedTip { get; init; }

    /// <summary>True if half of the pool's count or bytes are taken.</summary>
    public bool IsHalfFull { get; init; }

    /// <summary>Finds what would have to leave; null in a context that stands for an empty pool.</summary>
    internal RoomPlan? Room { get; init; }
}
