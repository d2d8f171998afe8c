using PoUW.Core.Ledger;
using PoUW.Network.Gossip;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>Which kind of transaction travels on which topic.</summary>
[TestFixture]
internal sealed class TransactionTopicTests
{
    [TestCase(TransactionKind.Transfer, "pouw/transactions/2")]
    [TestCase(TransactionKind.Stake, "pouw/transactions/2")]
    [TestCase((TransactionKind)250, "pouw/transactions/2")]
    [TestCase(TransactionKind.CheckpointVote, "pouw/votes/1")]
    [TestCase(TransactionKind.Evidence, "pouw/votes/1")]
    [TestCase(TransactionKind.SubmitJob, "pouw/jobs/1")]
    [TestCase(TransactionKind.CommitUnit, "pouw/jobs/1")]
    [TestCase(TransactionKind.CloseJob, "pouw/jobs/1")]
    [TestCase(TransactionKind.CommitAudit, "pouw/audits/1")]
    [TestCase(TransactionKind.RevealAudit, "pouw/audits/1")]
    public void Kinds_have_their_topic(TransactionKind kind, string topic) => Assert.That(TransactionTopics.Of(kind).Name, Is.EqualTo(topic));

    [Test]
    public void Every_kind_has_a_topic_that_is_subscribed()
    {
        Assert.That(Enum.GetValues<TransactionKind>().Select(TransactionTopics.Of).Distinct(), Is.SubsetOf(TransactionTopics.All));
        Assert.That(TransactionTopics.All.Select(static topic => topic.Name), Is.Unique);
    }

    /// <summary>The lower of both limits counts, and an announcement by id always fits.</summary>
    [TestCase(0)]
    [TestCase(64)]
    [TestCase(1024 * 1024)]
    public void Limits_are_those_of_topic_and_node(int inlineBytes)
    {
        foreach (TransactionTopic topic in TransactionTopics.All)
        {
            GossipTopicOptions options = topic.ToOptions(new SyncOptions { InlineTransactionBytes = inlineBytes });
            Assert.That(options.Validate().IsValid, Is.True);
            Assert.That(options.MaxMessageBytes, Is.EqualTo(TransactionAnnouncement.MaxEncodedBytes(Math.Min(inlineBytes, topic.InlineBytes))));
        }
    }
}
