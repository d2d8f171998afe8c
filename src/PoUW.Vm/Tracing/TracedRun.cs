using PoUW.Core.Validation;
using PoUW.Vm.Execution;

namespace PoUW.Vm.Tracing;

/// <summary>A run that was traced.</summary>
/// <param name="Result">What the run gave; tracing does not change it.</param>
/// <param name="Trace">What was executed, also when the run did not halt; null if it was too long to record.</param>
/// <param name="Recording">Ok, or which limit the recording exceeded.</param>
public sealed record TracedRun(VmResult Result, StepTrace? Trace, ValidationResult Recording);
