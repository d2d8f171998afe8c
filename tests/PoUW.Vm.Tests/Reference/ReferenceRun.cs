using System.Numerics;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;

namespace PoUW.Vm.Tests.Reference;

/// <summary>What a run gave.</summary>
internal sealed record ReferenceRun(VmOutcome Outcome, VmTrap Trap, int Pc, BigInteger GasUsed, IReadOnlyList<BigInteger> Outputs);

/// <summary>One instruction of a run: where it stands and the gas used before and after it was paid.</summary>
internal sealed record ReferenceStep(int Pc, Opcode Op, BigInteger GasBefore, BigInteger GasAfter);

/// <summary>The limits that a run can meet.</summary>
internal sealed record ReferenceLimits(int StackDepth = 1024, int CallDepth = 256, int Outputs = 1 << 20);

/// <summary>Ends a run: a trap, or, with <see cref="VmTrap.None"/>, the end of the gas.</summary>
#pragma warning disable CA1032 // It is thrown in one form only.
internal sealed class ReferenceStop(VmTrap trap) : Exception
{
    public VmTrap Trap => trap;
}
