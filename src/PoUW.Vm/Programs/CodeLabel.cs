namespace PoUW.Vm.Programs;

/// <summary>A place in the code of a <see cref="ProgramBuilder"/> that may be marked after it is used.</summary>
public readonly record struct CodeLabel(int Id);
