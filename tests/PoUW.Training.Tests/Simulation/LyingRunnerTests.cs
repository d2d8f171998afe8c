using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Simulation.Faults;
using PoUW.Training.Execution;
using PoUW.Training.Tests.Support;
using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Simulation;

[TestFixture]
public sealed class LyingRunnerTests
{
    private static readonly JobManifest Manifest = TestJob.Manifest(Address.Zero, steps: 32);
    private static readonly UnitExecutor Executor = TestJob.Executor(Manifest);
    private static readonly ModelState Start = Executor.InitialState(CancellationToken.None);

    [TestCase(LieKind.WrongUpdate)]
    [TestCase(LieKind.SkipStep)]
    [TestCase(LieKind.WrongBatch)]
    [TestCase(LieKind.OneLsb)]
    public void A_lie_is_another_record_that_is_consistent_in_itself(LieKind kind)
    {
        UnitOutcome honest = Run(new HonestRunner(), 2);
        UnitOutcome lie = Run(new LyingRunner(kind, 7), 2);
        Assert.Multiple(() =>
        {
            Assert.That(lie.Record.Digest, Is.Not.EqualTo(honest.Record.Digest));
            Assert.That(lie.Record.EndRoot, Is.Not.EqualTo(honest.Record.EndRoot));
            Assert.That(lie.Record.EndRoot, Is.EqualTo(lie.End.Root));
            Assert.That(lie.Record.StateBlob, Is.EqualTo(lie.End.BlobAddress));
            Assert.That(lie.Record.StartRoot, Is.EqualTo(Start.Root));
            Assert.That(lie.Record.Samples, Is.EqualTo(honest.Record.Samples), "the count looks complete");
            Assert.That(lie.Publish, Is.True);
            Assert.That(Run(new LyingRunner(kind, 7), 2).Record, Is.EqualTo(lie.Record), "the same seed tells the same lie");
        });
    }

    [Test]
    public void One_lsb_is_one_weight_off_by_one()
    {
        ReadOnlySpan<int> honest = Run(new HonestRunner(), 1).End.Tensors[0].Tensor.Int32;
        ReadOnlySpan<int> lie = Run(new LyingRunner(LieKind.OneLsb, 7), 1).End.Tensors[0].Tensor.Int32;
        int difference = 0;
        for (int i = 0; i < honest.Length; i++)
        {
            difference += Math.Abs(honest[i] - lie[i]);
        }

        Assert.That(difference, Is.EqualTo(1));
    }

    [Test]
    public void Who_withholds_commits_the_true_record_and_does_not_publish()
    {
        UnitOutcome honest = Run(new HonestRunner(), 0);
        UnitOutcome lie = Run(new LyingRunner(LieKind.Withhold, 7), 0);
        Assert.That((lie.Record.Digest, lie.Publish), Is.EqualTo((honest.Record.Digest, false)));
    }

    [Test]
    public void A_liar_lies_about_some_units_only_and_always_about_the_same()
    {
        LyingRunner liar = new(LieKind.OneLsb, seed: 1, every: 3);
        bool[] lies = [.. Enumerable.Range(0, 300).Select(unit => liar.LiesAbout((ulong)unit))];
        Assert.Multiple(() =>
        {
            Assert.That(lies.Count(lie => lie), Is.InRange(70, 130));
            Assert.That(Enumerable.Range(0, 300).Select(unit => new LyingRunner(LieKind.Withhold, 1, 3).LiesAbout((ulong)unit)), Is.EqualTo(lies));
            for (ulong unit = 0; unit < 8; unit++)
            {
                Assert.That(Run(liar, unit).Record.Digest == Run(new HonestRunner(), unit).Record.Digest, Is.Not.EqualTo(lies[unit]));
            }
        });
        Assert.That(() => new LyingRunner(LieKind.OneLsb, 1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new LyingRunner((LieKind)99, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static UnitOutcome Run(IUnitRunner runner, ulong unit) =>
        runner.Run(Executor, Start, TestJob.LeaseOf(Manifest, unit), Manifest, Hash256.Zero, CancellationToken.None);
}
