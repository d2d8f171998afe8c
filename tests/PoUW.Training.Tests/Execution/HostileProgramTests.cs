using PoUW.Compute.Data;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Training.Execution;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;

namespace PoUW.Training.Tests.Execution;

/// <summary>Anybody may submit a program that passes the verifier; whatever it does, a worker must see a failed unit and nothing else.</summary>
[TestFixture]
public sealed class HostileProgramTests
{
    private const string Slots =
        ".slot input images int8 8 4\n.slot input labels uint8 8 1\n.slot input order.key uint8 32 1\n.slot state w int32 1 1\n";

    private static readonly Dataset Data = SyntheticImages.Create(classes: 2, count: 8, side: 2, seed: 1);

    [Test]
    public void A_program_without_the_entry_points_of_training_is_refused()
    {
        Assert.That(() => Executor(".entry other 0 a\n.code\na:\nhalt\n"), Throws.TypeOf<TrainingException>());
        Assert.That(() => Executor(".entry init 1 a\n.entry train 1 a\n.code\na:\nhalt\n"), Throws.TypeOf<TrainingException>());
    }

    [TestCase("push -1\nemit\npush 0\nemit\npush 0\nemit\n", TestName = "A negative sum is refused")]
    [TestCase("push 9223372036854775807\nemit\npush 0\nemit\npush 0\nemit\n", TestName = "A sum above 64 bits is refused")]
    public void Outputs_that_are_no_sums_are_refused(string step)
    {
        UnitExecutor executor = Executor($".entry init 1 i\n.entry train 2 t\n.code\ni:\nhalt\nt:\n{step}{step}{step}halt\n", steps: 3);
        ModelState start = executor.InitialState(CancellationToken.None);
        Assert.That(() => executor.RunUnit(start, 0, CancellationToken.None), Throws.TypeOf<TrainingException>());
    }

    [Test]
    public void Every_seed_of_64_bits_works()
    {
        UnitExecutor executor = Executor(".entry init 1 i\n.entry train 2 i\n.code\ni:\nhalt\n", seed: ulong.MaxValue);
        Assert.That(executor.InitialState(CancellationToken.None).Tensors, Has.Count.EqualTo(1));
    }

    [TestCase(".slot input images int8 8 4\n.slot input tokens uint8 8 1\n", "'tokens'", TestName = "An input without a column is named")]
    [TestCase(".slot input images int8 8 5\n", "'images' is 8x5", TestName = "An input of another width is named")]
    [TestCase(".slot input images float32 8 4\n", "'images' holds UInt8", TestName = "An input of a type without a view is named")]
    [TestCase(".slot input order.key uint8 16 1\n", "'order.key'", TestName = "A key of another size is named")]
    public void Inputs_that_the_data_does_not_have_are_refused(string slots, string message) =>
        Assert.That(
            () => Executor(".entry init 1 i\n.entry train 2 i\n.code\ni:\nhalt\n", slots: slots + ".slot state w int32 1 1\n"),
            Throws.TypeOf<TrainingException>().With.Message.Contains(message));

    [Test]
    public void A_program_may_do_without_labels_and_order()
    {
        UnitExecutor executor = Executor(
            ".entry init 1 i\n.entry train 2 i\n.code\ni:\nhalt\n", slots: ".slot input images int32 8 4\n.slot state w int32 1 1\n");
        Assert.That(executor.InitialState(CancellationToken.None).Tensors, Has.Count.EqualTo(1));
    }

    private static UnitExecutor Executor(string code, ulong steps = 1, ulong seed = 1, string slots = Slots)
    {
        ValidationResult parsed = Assembler.TryParse(slots + code, out VmProgram? program);
        Assert.That(parsed.IsValid, Is.True, parsed.ToString());
        JobManifest manifest = new()
        {
            Client = Address.Zero,
            Name = "hostile",
            ProgramHash = program!.Hash,
            DatasetRoot = Data.Root,
            DatasetBlob = Hash256.Zero,
            Seed = seed,
            TotalSteps = steps,
            StepsPerUnit = steps,
            UnitsPerRound = 1,
            UnitPrice = Amount.FromBaseUnits(1),
            AuditRateBasisPoints = 0,
            AuditorsPerUnit = 1,
            AuditFee = Amount.Zero,
            DeadlineBlocks = 1,
        };
        return new UnitExecutor(manifest, new JobAssets(program, Data), new ScalarBackend(), VmLimits.Default);
    }
}
