using PoUW.Compute.Data;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Text;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Tests.Data;

[TestFixture]
public sealed class DatasetInputsTests
{
    private static readonly Dataset Data = Dataset.FromColumns(
    [
        (new DatasetColumn("tokens", TensorType.UInt8, [3]), new byte[] { 4, 8, 12, 16, 20, 24 }),
        (new DatasetColumn("targets", TensorType.Float32, [1]), new byte[8]),
    ]);

    [Test]
    public void EveryInputTakesTheColumnOfItsName()
    {
        Machine machine = Create(".slot input tokens int32 2 3\n.slot input key uint8 5 1\n.slot state targets float32 9 9\n");
        Assert.That(DatasetInputs.TrySet(machine, Data, "key").IsValid, Is.True);
        Assert.Multiple(() =>
        {
            Assert.That(machine.Slot("tokens").Int32.ToArray(), Is.EqualTo(new[] { 4, 8, 12, 16, 20, 24 }));
            Assert.That(() => machine.Slot("key"), Throws.ArgumentException, "somebody else sets it");
        });
    }

    [TestCase(".slot input tokens int8 2 3\n.slot input images int8 2 3\n", "images", "only 'tokens', 'targets'")]
    [TestCase(".slot input tokens int8 3 3\n", "tokens", "is 3x3, but the data set has 2 samples of 3 numbers")]
    [TestCase(".slot input tokens int8 2 4\n", "tokens", "is 2x4, but")]
    [TestCase(".slot input tokens float32 2 3\n", "tokens", "no view as Float32")]
    public void DataThatDoesNotFitIsNamed(string slots, string field, string message)
    {
        Machine machine = Create(slots);
        ValidationResult result = DatasetInputs.TrySet(machine, Data);
        Assert.Multiple(() =>
        {
            Assert.That(result.Field, Is.EqualTo(field));
            Assert.That(result.Message, Does.Contain(message));
            Assert.That(DatasetInputs.Check(machine.Program, Data), Is.EqualTo(result));
            Assert.That(() => machine.Slot("tokens"), Throws.ArgumentException, "nothing was set");
        });
    }

    private static Machine Create(string slots)
    {
        Assert.That(Assembler.TryParse(slots + ".entry e 0 e\n.code\ne:\nhalt\n", out VmProgram? program).IsValid, Is.True);
        Assert.That(ProgramVerifier.Verify(program!, VmLimits.Default, out VerifiedProgram? verified).IsValid, Is.True);
        return new Machine(verified!, new ScalarBackend());
    }
}
