using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Network.Transports;
using PoUW.Training.Execution;
using PoUW.Training.Tests.Support;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Tests.Execution;

/// <summary>The start of a round from what the units of the last one left, of which some lied and were not audited.</summary>
[TestFixture]
[CancelAfter(60_000)]
public sealed class RoundMeanTests
{
    private static readonly JobManifest Tolerance = ToleranceTestJob.Manifest(Address.Zero);

    private TestPeer _peer = null!;

    [SetUp]
    public async Task StartAsync() => _peer = await TestPeer.StartAsync("holder", new InMemoryTransport(new InMemoryNetwork()));

    [TearDown]
    public async Task StopAsync() => await _peer.DisposeAsync();

    [Test]
    public async Task In_lane_t_a_record_that_names_no_state_of_its_root_takes_no_part(CancellationToken cancellation)
    {
        UnitState[] honest = [await UnitAsync(0, 1), await UnitAsync(1, 3)];
        UnitState otherRoot = await UnitAsync(2, 9);
        otherRoot = otherRoot with { Record = otherRoot.Record! with { EndRoot = Hash256.Sha256("another"u8) } };
        UnitState junk = Unit(3, Hash256.Zero, await _peer.Loader.PublishAsync(TestJob.Data));
        UnitState large = await UnitAsync(4, 9, rows: 100_000);
        UnitState otherKind = await UnitAsync(5, 9, name: "v");
        UnitState otherChunks = Unit(6, State(9).Root, await _peer.Blobs.PutAsync(State(9).Encoded, 16));
        long size = State(1).Encoded.Length;
        foreach ((UnitState liar, long limit) in new[] { (otherRoot, size), (junk, size), (junk, long.MaxValue), (large, size), (large, long.MaxValue), (otherKind, size), (otherChunks, size) })
        {
            ModelState mean = await _peer.Loader.LoadMeanAsync(Tolerance, [honest[0], liar, honest[1]], cancellation, limit, State(0));
            Assert.That(mean.Tensors[0].Tensor.Float32[0], Is.EqualTo(2f), $"unit {liar.Lease.Unit}");
        }

        Assert.That(async () => await _peer.Loader.LoadMeanAsync(Tolerance, [junk], cancellation, like: State(0)), Throws.TypeOf<TrainingException>(), "nothing is left");
    }

    [Test]
    public async Task What_cannot_be_fetched_is_waited_for_and_exact_lanes_leave_nothing_out(CancellationToken cancellation)
    {
        UnitState honest = await UnitAsync(0, 1);
        UnitState gone = Unit(1, Hash256.Zero, Hash256.Sha256("nowhere"u8));
        UnitState otherRoot = honest with { Record = honest.Record! with { EndRoot = Hash256.Zero } };
        JobManifest exact = TestJob.Manifest(Address.Zero);
        Assert.Multiple(() =>
        {
            Assert.That(async () => await _peer.Loader.LoadMeanAsync(Tolerance, [honest, gone], cancellation, like: State(0)), Throws.TypeOf<TrainingException>());
            Assert.That(async () => await _peer.Loader.LoadMeanAsync(exact, [honest, otherRoot], cancellation), Throws.TypeOf<TrainingException>());
        });
    }

    private static ModelState State(float value, int rows = 1, string name = "w")
    {
        Tensor tensor = new(TensorType.Float32, rows, 1);
        tensor.Float32.Fill(value);
        return new ModelState([(name, tensor)]);
    }

    private static UnitState Unit(ulong unit, Hash256 root, Hash256 blob)
    {
        Lease lease = TestJob.LeaseOf(Tolerance, unit);
        UnitRecord record = new(lease.JobId, unit, 0, Hash256.Zero, Hash256.Zero, root, blob, 0, 0, 0);
        return UnitState.Leased(lease) with { Phase = UnitPhase.Accepted, Record = record };
    }

    private async Task<UnitState> UnitAsync(ulong unit, float value, int rows = 1, string name = "w")
    {
        ModelState state = State(value, rows, name);
        return Unit(unit, state.Root, await _peer.Loader.PublishAsync(state));
    }
}
