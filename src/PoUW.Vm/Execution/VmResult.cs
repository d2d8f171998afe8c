using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Execution;

/// <summary>What a run gave.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Trap">Why it trapped, or <see cref="VmTrap.None"/>.</param>
/// <param name="Pc">Code offset of the last instruction that was reached.</param>
/// <param name="Opcode">That instruction.</param>
/// <param name="Message">For people; empty when the program halted.</param>
/// <param name="GasUsed">Gas of all executed instructions, and the base of a copy whose bytes could not be paid.</param>
/// <param name="Outputs">Emitted values in order.</param>
public sealed record VmResult(
    VmOutcome Outcome, VmTrap Trap, int Pc, Opcode Opcode, string Message, long GasUsed, IReadOnlyList<long> Outputs)
{
    /// <summary>True when the program halted.</summary>
    public bool IsHalted => Outcome == VmOutcome.Halted;
}
