using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Tests.Nodes;

/// <summary>A node whose store is damaged does not start; after the repair it does, and does not vote.</summary>
[TestFixture]
public sealed class NodeRepairTests
{
    private string _folder = "";
    private string _path = "";
    private RecordingObserver _observer = new();

    [SetUp]
    public void CreateFolder()
    {
        _folder = Directory.CreateTempSubdirectory("pouw-repair-").FullName;
        _path = Path.Combine(_folder, "chain.db");
        _observer = new RecordingObserver();
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    [CancelAfter(60_000)]
    public async Task A_damaged_store_is_refused_and_repaired(CancellationToken cancellation)
    {
        Hash256 genesis = await StartAndStopAsync(IntegrityCheckAtStart.Never, cancellation);
        using (IKeyValueStore store = NodeStore.Open(_path))
        {
            store.Apply(new WriteBatch().Put("voter/last"u8, [1]).Delete([.. "chain/receipts/"u8, .. genesis.ToArray()]).Put("chain/height/x"u8, [1]));
        }

        ChainException? refused = Assert.ThrowsAsync<ChainException>(() => StartAndStopAsync(IntegrityCheckAtStart.Always, cancellation));
        Assert.That(refused!.Message, Does.Contain("Receipts at height 0").And.Contain("NodeRepair.Run"));

        StoreRepairReport report = NodeRepair.Run(_path, Options(IntegrityCheckAtStart.Never));
        Assert.That((report.Rebuilt.HeadId, report.Rebuilt.CopiedPairs, report.Rebuilt.LostRanges.Count), Is.EqualTo((genesis, 1ul, 0)));
        Assert.That(File.Exists(report.DamagedPath), Is.True);
        using (IKeyValueStore store = NodeStore.Open(_path))
        {
            Assert.That(store.Get("voter/paused"u8), Has.Length.EqualTo(16));
            NodeRepair.ResumeVoting(store);
            Assert.That(store.Get("voter/paused"u8), Is.Null);
            Assert.That(store.Get("voter/last"u8), Is.EqualTo(new byte[] { 1 }));
        }

        Assert.That(await StartAndStopAsync(IntegrityCheckAtStart.Always, cancellation), Is.EqualTo(genesis));
    }

    /// <summary>What refused the store closes it; a supervisor that starts the node again must not get past the check.</summary>
    [Test]
    [CancelAfter(60_000)]
    public async Task A_store_that_was_refused_is_refused_again_until_it_is_repaired(CancellationToken cancellation)
    {
        Hash256 genesis = await StartAndStopAsync(IntegrityCheckAtStart.Never, cancellation);
        using (IKeyValueStore store = NodeStore.Open(_path))
        {
            store.Apply(new WriteBatch().Delete([.. "chain/receipts/"u8, .. genesis.ToArray()]).Put("chain/height/x"u8, [1]));
        }

        Assert.ThrowsAsync<ChainException>(() => StartAndStopAsync(IntegrityCheckAtStart.Always, cancellation));
        for (int time = 0; time < 2; time++)
        {
            ChainException? refused = Assert.ThrowsAsync<ChainException>(() => StartAndStopAsync(IntegrityCheckAtStart.AfterUncleanStop, cancellation));
            Assert.That(refused!.Message, Does.Contain("NodeRepair.Run"));
        }

        NodeRepair.Run(_path, Options(IntegrityCheckAtStart.Never));
        Assert.That(await StartAndStopAsync(IntegrityCheckAtStart.AfterUncleanStop, cancellation), Is.EqualTo(genesis));
    }

    [TestCase(IntegrityCheckAtStart.Never, true, false)]
    [TestCase(IntegrityCheckAtStart.Always, true, true)]
    [TestCase(IntegrityCheckAtStart.AfterUncleanStop, true, false)]
    [TestCase(IntegrityCheckAtStart.AfterUncleanStop, false, true)]
    [CancelAfter(60_000)]
    public async Task The_store_is_checked_when_the_options_say_so(IntegrityCheckAtStart when, bool clean, bool isChecked, CancellationToken cancellation)
    {
        await StartAndStopAsync(IntegrityCheckAtStart.Never, cancellation);
        if (!clean)
        {
            // A copy that is made while the store is open is what a crash leaves.
            using (IKeyValueStore store = NodeStore.Open(_path))
            {
                string[] files = [.. Directory.GetFiles(_folder).Where(static file => !file.EndsWith("-lock", StringComparison.Ordinal))];
                Array.ForEach(files, file => File.Copy(file, file.Replace("chain.db", "crashed.db", StringComparison.Ordinal)));
            }

            _path = Path.Combine(_folder, "crashed.db");
        }

        using (IKeyValueStore store = NodeStore.Open(_path))
        {
            Assert.That(((IStoreSelfCheck)store).WasClosedCleanly, Is.EqualTo(clean));
            await using PouwNode node = await PouwNode.StartAsync(Options(when) with { Store = store }, cancellation);
        }

        Assert.That(_observer.Messages.Any(warning => warning.Contains("checked in full", StringComparison.Ordinal)), Is.EqualTo(isChecked));
    }

    private async Task<Hash256> StartAndStopAsync(IntegrityCheckAtStart check, CancellationToken cancellation)
    {
        await using PouwNode node = await PouwNode.StartAsync(Options(check) with { Store = NodeStore.Open(_path) }, cancellation);
        return node.Chain.Head.Id;
    }

    private PouwNodeOptions Options(IntegrityCheckAtStart check) => new()
    {
        Parameters = Core.Parameters.NetworkParameters.Development,
        Key = TestNetwork.Key("repair"),
        Observer = _observer,
        IntegrityCheckAtStart = check,
    };
}
