using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Economics.Jobs;
using PoUW.Storage.Sqlite;
using PoUW.Training.Journal;
using PoUW.Training.Ledger;
using PoUW.Training.Tests.Support;

namespace PoUW.Training.Tests.Journal;

[TestFixture]
public sealed class JobJournalTests
{
    private static readonly Hash256 Job = Hash256.Sha256("job"u8);
    private static readonly Hash256 Inputs = Hash256.Sha256("inputs"u8);
    private static readonly Hash256 Draw = Hash256.Sha256("draw"u8);
    private static readonly UnitRecord Record = new(
        Job, 5, 1, Inputs, Hash256.Sha256("c"u8), Hash256.Sha256("d"u8), Hash256.Sha256("e"u8), 99, 7, 512);
    private static readonly AuditReveal Verdict = new(Job, 5, 1, Record.Digest, true, Hash256.Sha256("salt"u8));

    [Test]
    public void What_was_added_is_there_after_the_store_was_opened_again()
    {
        string folder = Directory.CreateTempSubdirectory("pouw-journal-").FullName;
        string path = Path.Combine(folder, "node.db");
        using (SqliteKeyValueStore store = new(path))
        {
            JobJournal journal = new(store);
            journal.Add(Record);
            journal.Add(Draw, Verdict);
        }

        using (SqliteKeyValueStore store = new(path))
        {
            JobJournal journal = new(store);
            Assert.Multiple(() =>
            {
                Assert.That(journal.FindRecord(Job, 5, 1, Inputs), Is.EqualTo(Record));
                Assert.That(journal.FindVerdict(Job, 5, 1, Draw), Is.EqualTo(Verdict), "the same verdict with the same salt");
                Assert.That(journal.VerdictsOn(Job, 5, 1), Is.EqualTo(new[] { Verdict }));
            });
        }

        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void Other_leases_inputs_and_draws_have_entries_of_their_own()
    {
        using InMemoryKeyValueStore store = new();
        JobJournal journal = new(store);
        AuditReveal other = Verdict with { Salt = Hash256.Sha256("other"u8) };
        journal.Add(Record);
        journal.Add(Draw, Verdict);
        journal.Add(Hash256.Sha256("draw 2"u8), other);
        Assert.Multiple(() =>
        {
            Assert.That(journal.FindRecord(Job, 5, 2, Inputs), Is.Null);
            Assert.That(journal.FindRecord(Job, 6, 1, Inputs), Is.Null);
            Assert.That(journal.FindRecord(Job, 5, 1, Hash256.Zero), Is.Null);
            Assert.That(journal.FindVerdict(Job, 5, 1, Hash256.Zero), Is.Null);
            Assert.That(journal.FindVerdict(Job, 5, 2, Draw), Is.Null);
            Assert.That(journal.VerdictsOn(Job, 5, 1), Is.EquivalentTo(new[] { Verdict, other }));
            Assert.That(journal.VerdictsOn(Job, 5, 0), Is.Empty);
        });
    }

    [Test]
    public void The_same_entry_may_be_added_again_and_another_one_never()
    {
        using InMemoryKeyValueStore store = new();
        JobJournal journal = new(store);
        journal.Add(Record);
        journal.Add(Record);
        journal.Add(Draw, Verdict);
        journal.Add(Draw, Verdict);
        Assert.That(() => journal.Add(Record with { Correct = 8 }), Throws.InstanceOf<TrainingException>());
        Assert.That(() => journal.Add(Draw, Verdict with { Salt = Hash256.Zero }), Throws.InstanceOf<TrainingException>());
        Assert.That(journal.FindRecord(Job, 5, 1, Inputs), Is.EqualTo(Record));
        Assert.That(journal.FindVerdict(Job, 5, 1, Draw), Is.EqualTo(Verdict));
    }

    [Test]
    public void A_record_of_lane_t_may_be_replaced_and_only_that_one_is()
    {
        using InMemoryKeyValueStore store = new();
        JobJournal journal = new(store);
        UnitRecord other = Record with { EndRoot = Hash256.Sha256("other bits"u8) };
        UnitRecord later = Record with { Attempt = 2 };
        journal.Add(Record);
        journal.Add(later);
        journal.Replace(other);
        Assert.Multiple(() =>
        {
            Assert.That(journal.FindRecord(Job, 5, 1, Inputs), Is.EqualTo(other));
            Assert.That(journal.FindRecord(Job, 5, 2, Inputs), Is.EqualTo(later));
        });
    }

    [Test]
    public void Entries_leave_once_the_end_of_their_job_is_final_and_not_before()
    {
        using KeyPair client = KeyPair.Generate(new SeededRandomSource(1, "client"));
        TestLedger ledger = new(NetworkParameters.Development with { Allocations = [new GenesisAllocation(client.Address, Amount.FromCoins(10))] });
        AccountSender sender = new(client, ledger);
        JobManifest[] manifests = [TestJob.Manifest(client.Address), TestJob.Manifest(client.Address) with { Name = "closed" }];
        foreach (JobManifest manifest in manifests)
        {
            sender.Send(TransactionKind.SubmitJob, new SubmitJobPayload(manifest, manifest.TotalPrice).Encode());
        }

        Hash256 open = manifests[0].JobId;
        Hash256 closed = manifests[1].JobId;
        sender.Send(TransactionKind.CloseJob, new CloseJobPayload(closed).Encode());
        ledger.Mine();
        Assert.That(JobLedger.OpenJobs(ledger.View.State), Is.EqualTo(new[] { open }));
        using InMemoryKeyValueStore store = new();
        JobJournal journal = new(store);
        foreach (Hash256 job in new[] { Job, open, closed })
        {
            journal.Add(Record with { JobId = job });
            journal.Add(Draw, Verdict with { JobId = job });
        }

        journal.Prune(ledger.View);
        ledger.Mine();
        journal.Prune(ledger.View);
        Assert.That(journal.FindRecord(closed, 5, 1, Inputs), Is.Not.Null, "nothing is final yet");
        ledger.Finalize(1);
        journal.Prune(ledger.View);
        Assert.Multiple(() =>
        {
            Assert.That(journal.FindRecord(closed, 5, 1, Inputs), Is.Null);
            Assert.That(journal.VerdictsOn(closed, 5, 1), Is.Empty);
            Assert.That(store.ScanPrefix("journal/"u8).ToList(), Has.Count.EqualTo(4), "an open and an unknown job keep their entries");
        });
    }
}
