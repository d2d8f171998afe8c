using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Network.Transports;
using PoUW.Training.Execution;
using PoUW.Training.Tests.Support;
using PoUW.Vm.Backends;

namespace PoUW.Training.Tests.Execution;

[TestFixture]
public sealed class UnitReplayTests
{
    private static readonly JobManifest Manifest = TestJob.Manifest(Address.Zero);

    [Test]
    public void Anyone_who_replays_a_unit_finds_the_same_record()
    {
        Lease lease = TestJob.LeaseOf(Manifest, 1, attempt: 2);
        Hash256 inputs = Hash256.Sha256("inputs"u8);
        ReplayedUnit one = Replay(lease, inputs);
        UnitExecutor other = TestJob.Executor(Manifest, new ScalarBackend());
        ModelState start = other.InitialState(CancellationToken.None);
        other.RunUnit(start, 0, CancellationToken.None);
        Lease same = lease with { Worker = Address.Zero, StartHeight = 77 };
        ReplayedUnit two = UnitReplay.Run(Manifest, other, start, same, inputs, CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(two.Record, Is.EqualTo(one.Record), "backend, earlier units and worker do not count");
            Assert.That(one.Record.Samples, Is.EqualTo(4 * 16));
            Assert.That((one.Record.JobId, one.Record.Unit, one.Record.Attempt), Is.EqualTo((Manifest.JobId, 1UL, 2UL)));
            Assert.That(one.Record.InputsDigest, Is.EqualTo(inputs));
            Assert.That(one.Record.StartRoot, Is.EqualTo(start.Root));
            Assert.That(one.Record.EndRoot, Is.EqualTo(one.End.Root).And.Not.EqualTo(start.Root));
            Assert.That(Replay(lease with { Unit = 0 }, inputs).Record.EndRoot, Is.Not.EqualTo(one.Record.EndRoot), "another unit has other batches");
        });
    }

    [Test]
    public void A_lease_of_another_job_or_beyond_the_last_unit_is_refused()
    {
        Lease lease = TestJob.LeaseOf(Manifest, 0);
        Assert.That(() => Replay(lease with { JobId = Hash256.Zero }, Hash256.Zero), Throws.InstanceOf<TrainingException>());
        Assert.That(() => Replay(lease with { Unit = Manifest.UnitCount }, Hash256.Zero), Throws.InstanceOf<TrainingException>());
    }

    [Test]
    public async Task The_address_of_a_state_is_where_it_is_published_and_survives_a_restart_until_it_is_forgotten()
    {
        ModelState end = Replay(TestJob.LeaseOf(Manifest, 0), Hash256.Zero).End;
        InMemoryTransport transport = new(new InMemoryNetwork());
        using InMemoryKeyValueStore store = new();
        await using (TestPeer peer = await TestPeer.StartAsync("first", transport, store))
        {
            Assert.That(await peer.Loader.PublishAsync(end), Is.EqualTo(end.BlobAddress));
        }

        await using TestPeer restarted = await TestPeer.StartAsync("second", transport, store);
        await using TestPeer reader = await TestPeer.StartAsync("reader", transport, null, restarted);
        UnitRecord record = Replay(TestJob.LeaseOf(Manifest, 0), Hash256.Zero).Record;
        Assert.That((await reader.Loader.LoadStateAsync(record, CancellationToken.None)).Root, Is.EqualTo(end.Root));
        Assert.That((restarted.Loader.Holds(end.BlobAddress), reader.Loader.Holds(end.BlobAddress)), Is.EqualTo((true, true)));
        Assert.That(reader.Store.ScanPrefix("chunk/"u8), Is.Empty, "what was fetched stays in the cache");

        restarted.Loader.Forget([end.BlobAddress], [end.BlobAddress]);
        Assert.That(restarted.Loader.Holds(end.BlobAddress), Is.True, "a later round names the same state");
        restarted.Loader.Forget([end.BlobAddress], []);
        Assert.That(restarted.Loader.Holds(end.BlobAddress), Is.False);
        Assert.That(store.ScanPrefix("chunk/"u8), Is.Empty);
    }

    private static ReplayedUnit Replay(Lease lease, Hash256 inputs)
    {
        UnitExecutor executor = TestJob.Executor(Manifest);
        return UnitReplay.Run(Manifest, executor, executor.InitialState(CancellationToken.None), lease, inputs, CancellationToken.None);
    }
}
