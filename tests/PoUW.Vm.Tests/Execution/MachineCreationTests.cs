using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Execution;

[TestFixture]
public sealed class MachineCreationTests
{
    private const string Code = ".slot state w int32 2 3\n.slot input x int32 1000 1000\n.entry main 0 s\n.code\ns:\npush 7\nemit\nhalt";

    [Test]
    public void MakesAMachineThatRuns()
    {
        ValidationResult result = Machine.TryCreate(Verified(Code), new ScalarBackend(), out Machine? machine);
        Assert.That(result, Is.EqualTo(ValidationResult.Ok));
        Assert.That(machine!.Run("main", [], 1000).Outputs, Is.EqualTo(new[] { 7L }));
    }

    [Test]
    public void CountsWhatAMachineAllocates() =>
        Assert.That(Verified(".memory 100\n" + Code).MemoryBytes, Is.EqualTo(100 + 24), "an input is the host's");

    /// <summary>An array of so many bytes exists on no machine, so that this asks for the memory without taking it.</summary>
    [Test]
    public void SaysThatThereIsNotEnoughMemory()
    {
        VerifiedProgram program = Verified($".memory {int.MaxValue}\n{Code}", new VmLimits { MaxLinearMemoryBytes = int.MaxValue });
        ValidationResult result = Machine.TryCreate(program, new ScalarBackend(), out Machine? machine);
        Assert.Multiple(() =>
        {
            Assert.That(machine, Is.Null);
            Assert.That(result.Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(result.Message, Does.Contain($"{int.MaxValue + 24L} bytes"));
            Assert.That(() => new Machine(program, new ScalarBackend()), Throws.InstanceOf<OutOfMemoryException>());
        });
    }

    private static VerifiedProgram Verified(string text, VmLimits? limits = null)
    {
        ValidationResult result = ProgramVerifier.Verify(TestMachine.Assemble(text), limits ?? VmLimits.Default, out VerifiedProgram? verified);
        Assert.That(result.IsValid, result.ToString());
        return verified!;
    }
}
