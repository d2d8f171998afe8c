using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests;

/// <summary>Assembles, verifies and runs small programs.</summary>
internal static class TestMachine
{
    public static VmProgram Assemble(string text)
    {
        ValidationResult result = Assembler.TryParse(text, out VmProgram? program);
        Assert.That(result.IsValid, result.ToString());
        return program!;
    }

    public static Machine Create(string text, VmLimits? limits = null)
    {
        ValidationResult result = ProgramVerifier.Verify(Assemble(text), limits ?? VmLimits.Default, out VerifiedProgram? verified);
        Assert.That(result.IsValid, result.ToString());
        return new Machine(verified!, new ScalarBackend());
    }

    public static ValidationResult Verify(string text, VmLimits? limits = null) =>
        ProgramVerifier.Verify(Assemble(text), limits ?? VmLimits.Default, out _);

    /// <summary>Runs the body from its only entry point.</summary>
    public static VmResult Run(string body, long gas = 1_000_000, VmLimits? limits = null) =>
        Create($".entry main 0 start\n.code\nstart:\n{body}\n", limits).Run("main", [], gas);

    /// <summary>Runs the body and gives the outputs.</summary>
    public static long[] Outputs(string body)
    {
        VmResult result = Run(body);
        Assert.That(result.Outcome, Is.EqualTo(VmOutcome.Halted), result.Message);
        return [.. result.Outputs];
    }
}
