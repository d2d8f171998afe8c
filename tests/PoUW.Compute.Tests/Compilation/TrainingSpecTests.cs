using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;

namespace PoUW.Compute.Tests.Compilation;

[TestFixture]
public sealed class TrainingSpecTests
{
    private static readonly TrainingSpec Good = TestTraining.Perceptron(28, [256, 10], 512, IntegerRateSchedule.ThreeStage(38, 16));

    private static IEnumerable<TestCaseData> BadSpecs()
    {
        yield return new(Good with { BatchSize = 0 }, nameof(TrainingSpec.BatchSize), "1 to 65536");
        yield return new(Good with { BatchSize = 65_537 }, nameof(TrainingSpec.BatchSize), "1 to 65536");
        yield return new(Good with { Optimiser = Momentum(0) }, nameof(IntegerMomentum.MomentumShift), "1 to 16");
        yield return new(Good with { Optimiser = Momentum(17) }, nameof(IntegerMomentum.MomentumShift), "1 to 16");
        yield return new(Good with { Optimiser = new IntegerMomentum([]) }, nameof(IntegerMomentum.Schedule), "1 to 64 entries");
        yield return new(Good with { Optimiser = new IntegerMomentum([new(1, 10)]) }, nameof(IntegerMomentum.Schedule), "first at step 0");
        yield return new(Good with { Optimiser = new IntegerMomentum([new(0, 10), new(0, 9)]) }, nameof(IntegerMomentum.Schedule), "must increase");
        yield return new(Good with { Optimiser = new IntegerMomentum([new(0, 21)]) }, nameof(IntegerMomentum.Schedule), "0 to 20");
        yield return new(Good with { WeightExponents = Exponents("fc1.weight", 1) }, nameof(TrainingSpec.WeightExponents), "-31 to 0");
        yield return new(Good with { WeightExponents = Exponents("fc1.weight", -32) }, nameof(TrainingSpec.WeightExponents), "-31 to 0");
        yield return new(Good with { WeightExponents = Exponents("fc3.weight", -9) }, nameof(TrainingSpec.WeightExponents), "'fc3.weight'");
        yield return new(Classes(1), "loss", "at least 2 classes");
        yield return new(Classes(257), "loss", "at most 256 classes");
        yield return new(Good with { Model = new Sequential(new Flatten(), new ReLU()) }, "model", "no parameter");
        yield return new(Good with { Model = new Sequential(new Flatten(), new Linear(783, 10)) }, "1", "784 features");
        yield return new(Good with { Input = new ImageInput(1, 27, 28) }, "fc1", "756 features");
    }

    [TestCaseSource(nameof(BadSpecs))]
    public void BadSpecsNameTheFieldAndTheLimit(TrainingSpec spec, string field, string words)
    {
        ValidationResult result = ModelCompiler.TryCompile(spec, 10_000, VmLimits.Default, out CompiledModel? model);
        Assert.Multiple(() =>
        {
            Assert.That(result.Field, Is.EqualTo(field), result.ToString());
            Assert.That(result.Message, Does.Contain(words));
            Assert.That(model, Is.Null);
        });
    }

    [Test]
    public void AnEmptyDataSetIsRejected() =>
        Assert.That(ModelCompiler.TryCompile(Good, 0, VmLimits.Default, out _).Field, Is.EqualTo("datasetSize"));

    [Test]
    public void ASmallDataSetHasNoTrainEntry() =>
        Assert.That(ProgramOf(511).EntryPoints.Select(e => e.Name), Is.EqualTo(new[] { "init", "evaluate", "predict" }));

    [Test]
    public void StateSlotsDoNotDependOnTheDataSet()
    {
        (VmSlot[] a, VmSlot[] b) = (StateSlots(ProgramOf(10_000)), StateSlots(ProgramOf(2_000)));
        Assert.That(a, Is.EqualTo(b));
        Assert.That(
            a.Select(s => s.Name), Is.EqualTo(new[] { "fc1.weight", "fc1.weight.momentum_buffer", "fc2.weight", "fc2.weight.momentum_buffer" }));
    }

    [Test]
    public void TheProgramSurvivesItsText()
    {
        VmProgram program = ProgramOf(10_000);
        Assert.That(Assembler.TryParse(Disassembler.Write(program), out VmProgram? parsed).IsValid);
        Assert.That(parsed!.Hash, Is.EqualTo(program.Hash));
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
        Assert.That(new IntegerMomentum(IntegerRateSchedule.ThreeStage(rounds, 4)).Validate().IsValid);

    [Test]
    public void FiveStageFallsAtItsShares()
    {
        LearningRateStep[] expected = [new(0, 12), new(400, 11), new(600, 10), new(750, 9), new(900, 8)];
        Assert.That(IntegerRateSchedule.FiveStage(1_000), Is.EqualTo(expected));
        Assert.That(IntegerRateSchedule.FiveStage(1), Is.EqualTo(new LearningRateStep[] { new(0, 8) }));
        for (int steps = 1; steps < 12; steps++)
        {
            Assert.That(new IntegerMomentum(IntegerRateSchedule.FiveStage(steps)).Validate().IsValid, $"{steps} steps");
        }
    }

    private static IntegerMomentum Momentum(int shift) => new(IntegerRateSchedule.Constant(12)) { MomentumShift = shift };

    private static Dictionary<string, int> Exponents(string name, int exponent) => new(StringComparer.Ordinal) { [name] = exponent };

    private static TrainingSpec Classes(int classes) => TestTraining.Perceptron(28, [classes], 512, IntegerRateSchedule.Constant(12));

    private static VmProgram ProgramOf(int datasetSize)
    {
        Assert.That(ModelCompiler.TryCompile(Good, datasetSize, VmLimits.Default, out CompiledModel? model).IsValid);
        return model!.Program.Program;
    }

    private static VmSlot[] StateSlots(VmProgram program) => [.. program.Slots.Where(s => s.Kind == SlotKind.State)];
}
