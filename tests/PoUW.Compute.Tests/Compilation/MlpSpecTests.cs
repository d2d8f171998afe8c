using PoUW.Compute.Compilation;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Tests.Compilation;

[TestFixture]
public sealed class MlpSpecTests
{
    private static readonly MlpSpec Good = new([784, 256, 10], 512, IntegerRateSchedule.ThreeStage(38, 16));

    private static IEnumerable<TestCaseData> BadSpecs()
    {
        yield return new(Good with { LayerSizes = [784] }, nameof(MlpSpec.LayerSizes));
        yield return new(Good with { LayerSizes = [784, 0, 10] }, nameof(MlpSpec.LayerSizes));
        yield return new(Good with { LayerSizes = [784, 65537, 10] }, nameof(MlpSpec.LayerSizes));
        yield return new(Good with { LayerSizes = [784, 1] }, nameof(MlpSpec.LayerSizes));
        yield return new(Good with { LayerSizes = [784, 257] }, nameof(MlpSpec.LayerSizes));
        yield return new(Good with { BatchSize = 0 }, nameof(MlpSpec.BatchSize));
        yield return new(Good with { InputExponent = 1 }, nameof(MlpSpec.InputExponent));
        yield return new(Good with { InitBound = 64 }, nameof(MlpSpec.InitBound));
        yield return new(Good with { MomentumShift = 0 }, nameof(MlpSpec.MomentumShift));
        yield return new(Good with { ActivationBits = 7 }, nameof(MlpSpec.ActivationBits));
        yield return new(Good with { GradientBits = 8 }, nameof(MlpSpec.GradientBits));
        yield return new(Good with { ErrorShift = 12 }, nameof(MlpSpec.ErrorShift));
        yield return new(Good with { WeightExponents = [-10] }, nameof(MlpSpec.WeightExponents));
        yield return new(Good with { WeightExponents = [-10, 1] }, nameof(MlpSpec.WeightExponents));
        yield return new(Good with { Schedule = [] }, nameof(MlpSpec.Schedule));
        yield return new(Good with { Schedule = [new(1, 10)] }, nameof(MlpSpec.Schedule));
        yield return new(Good with { Schedule = [new(0, 10), new(0, 9)] }, nameof(MlpSpec.Schedule));
        yield return new(Good with { Schedule = [new(0, 21)] }, nameof(MlpSpec.Schedule));
    }

    [TestCaseSource(nameof(BadSpecs))]
    public void BadSpecsNameTheField(MlpSpec spec, string field)
    {
        ValidationResult result = MlpCompiler.TryCompile(spec, 10_000, VmLimits.Default, out VerifiedProgram? program);
        Assert.Multiple(() =>
        {
            Assert.That(result.Field, Is.EqualTo(field), result.ToString());
            Assert.That(result.Message, Is.Not.Empty);
            Assert.That(program, Is.Null);
        });
    }

    [Test]
    public void AnEmptyDataSetIsRejected() =>
        Assert.That(MlpCompiler.TryCompile(Good, 0, VmLimits.Default, out _).Field, Is.EqualTo("datasetSize"));

    [Test]
    public void ASmallDataSetHasNoTrainEntry()
    {
        Assert.That(MlpCompiler.TryCompile(Good, 511, VmLimits.Default, out VerifiedProgram? program).IsValid);
        Assert.That(program!.Program.EntryPoints.Select(e => e.Name), Is.EqualTo(new[] { "init", "evaluate" }));
    }

    [Test]
    public void StateSlotsDoNotDependOnTheDataSet()
    {
        MlpCompiler.TryCompile(Good, 10_000, VmLimits.Default, out VerifiedProgram? a);
        MlpCompiler.TryCompile(Good, 2_000, VmLimits.Default, out VerifiedProgram? b);
        Assert.That(StateSlots(a!), Is.EqualTo(StateSlots(b!)));
        Assert.That(StateSlots(a!).Select(s => s.Name), Is.EqualTo(new[] { "fc1.weight", "fc1.momentum", "fc2.weight", "fc2.momentum" }));
    }

    [Test]
    public void TheProgramSurvivesItsText()
    {
        MlpCompiler.TryCompile(Good, 10_000, VmLimits.Default, out VerifiedProgram? program);
        Assert.That(Assembler.TryParse(Disassembler.Write(program!.Program), out VmProgram? parsed).IsValid);
        Assert.That(parsed!.Hash, Is.EqualTo(program.Program.Hash));
    }

    [TestCase(38, 16, 23 * 16, 31 * 16)]
    [TestCase(5, 1, 3, 4)]
    [TestCase(100, 2, 120, 160)]
    public void ThreeStageFollowsTheFifths(int rounds, int steps, int middle, int low)
    {
        IReadOnlyList<LearningRateStep> schedule = IntegerRateSchedule.ThreeStage(rounds, steps);
        Assert.That(schedule, Is.EqualTo(new LearningRateStep[] { new(0, 14), new(middle, 12), new(low, 10) }));
        for (int r = 0; r < rounds; r++)
        {
            int expected = 5 * r < 3 * rounds ? 14 : 5 * r < 4 * rounds ? 12 : 10;
            Assert.That(schedule.Last(s => s.FirstStep <= (long)r * steps).Shift, Is.EqualTo(expected));
        }
    }

    [Test]
    public void ShortSchedulesAreValid([Values(1, 2, 3, 4)] int rounds) =>
        Assert.That((Good with { Schedule = IntegerRateSchedule.ThreeStage(rounds, 4) }).Validate().IsValid);

    private static VmSlot[] StateSlots(VerifiedProgram program) => [.. program.Program.Slots.Where(s => s.Kind == SlotKind.State)];
}
