using PoUW.Core.Ledger;
using PoUW.Network.Gossip;

namespace PoUW.Network.Sync;

/// <summary>
/// Which topic carries which kind of transaction. Every topic has its own mesh, its own limit and its own queue before the pool, so that a flood of
/// one kind delays no other: votes least of all, since finality waits for them. A node that gossips a kind on the wrong topic breaks the protocol.
/// </summary>
public static class TransactionTopics
{
    /// <summary>Transfers, stakes, and kinds without a topic of their own.</summary>
    public static TransactionTopic Transactions { get; } = new(SyncProtocols.TransactionTopic, 32 * 1024, new GossipTopicScore { Weight = 0.5, InvalidWeight = -20 });

    /// <summary>Jobs and the records of their units.</summary>
    public static TransactionTopic Jobs { get; } = new("pouw/jobs/1", 32 * 1024, new GossipTopicScore { Weight = 0.75, InvalidWeight = -20 });

    /// <summary>Votes for checkpoints, and evidence against those who vote twice.</summary>
    public static TransactionTopic Votes { get; } = new("pouw/votes/1", 4 * 1024, new GossipTopicScore { Weight = 1, InvalidWeight = -40 });

    /// <summary>Commitments and verdicts of auditors.</summary>
    public static TransactionTopic Audits { get; } = new("pouw/audits/1", 8 * 1024, new GossipTopicScore { Weight = 0.75, InvalidWeight = -20 });

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TransactionTopic> All { get; } = [Transactions, Jobs, Votes, Audits];

    /// <summary>The topic of a kind. Kinds that this software does not know go with the transfers, and are judged by the pool.</summary>
    public static TransactionTopic Of(TransactionKind kind) => kind switch
    {
        TransactionKind.CheckpointVote or TransactionKind.Evidence => Votes,
        TransactionKind.SubmitJob or TransactionKind.CommitUnit or TransactionKind.CloseJob => Jobs,
        TransactionKind.CommitAudit or TransactionKind.RevealAudit => Audits,
        _ => Transactions,
    };
}
