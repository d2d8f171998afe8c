namespace PoUW.Vm.Execution;

/// <summary>How a run ended.</summary>
public enum VmOutcome : byte
{
    /// <summary>HALT was reached.</summary>
    Halted = 0,

    /// <summary>The next instruction costs more than the gas that is left. It was not executed.</summary>
    OutOfGas = 1,

    /// <summary>An instruction could not be executed; <see cref="VmResult.Trap"/> says why.</summary>
    Trapped = 2,

    /// <summary>The host cancelled the run. Nothing may be concluded from the state.</summary>
    Cancelled = 3,

    /// <summary>The time that the host allows was used up. Nothing may be concluded from the state.</summary>
    TimeExceeded = 4,
}
