using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Execution;

[TestFixture]
public sealed class FloatProgramTests
{
    private const string Text = """
        .slot input x float32 2 3
        .slot state w float32 3 2
        .slot state b float32 1 2
        .slot output y float32 2 2
        .entry main 0 start
        .code
        start:
            vec.fill_f32 w 0x3F000000
            vec.fill_f32 b 0xBF800000
            matmul y x w nn
            vec.add_f32 y y b
            vec.relu_f32 y y
            halt
        """;

    [Test]
    public void ALayerOfLaneRRuns()
    {
        VmProgram program = TestMachine.Assemble(Text);
        Assert.That(VmProgram.TryDecode(program.Encode(), VmLimits.Default, out VmProgram? decoded).IsValid);
        Assert.That(ProgramVerifier.Verify(decoded!, VmLimits.Default, out VerifiedProgram? verified).IsValid);
        Machine machine = new(verified!, new ScalarBackend());
        Tensor x = new(TensorType.Float32, 2, 3);
        new[] { 1f, 2, 3, -1, 0, 1.5f }.CopyTo(x.Float32);
        Assert.That(machine.SetInput("x", x).IsValid);
        VmResult result = machine.Run("main", [], 1_000_000);
        Assert.That(result.IsHalted, result.Message);
        Assert.That(machine.Slot("y").Float32.ToArray(), Is.EqualTo(new[] { 2f, 2, 0, 0 }));
    }

    [TestCase("matmul y x b nn", "does not give")]
    [TestCase("matmul w w w nn", "its own operand")]
    [TestCase("matmul y x q nn", "Float32 by Float32")]
    [TestCase("vec.add_f32 x y b", "is an input")]
    [TestCase("vec.fill_f32 y 0x7F800000", "'value' is out of range")]
    [TestCase("vec.softmax_f32 y x", "do not fit")]
    public void TheVerifierRefuses(string instruction, string message)
    {
        string text = Text.Replace("    vec.relu_f32 y y", "    " + instruction).Replace(".entry", ".slot scratch q int8 3 2\n.entry");
        ValidationResult result = TestMachine.Verify(text);
        Assert.That(result.ToString(), Does.Contain(message));
    }
}
