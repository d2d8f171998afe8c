namespace PoUW.Vm.Programs;

/// <summary>A place where a run can start. Arguments arrive in locals 0, 1, ...; all other locals are zero.</summary>
/// <param name="Name">What the host calls it.</param>
/// <param name="Offset">Byte offset in the code.</param>
/// <param name="ParameterCount">How many arguments it takes.</param>
public sealed record VmEntryPoint(string Name, int Offset, int ParameterCount);
