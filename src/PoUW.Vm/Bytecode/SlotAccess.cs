namespace PoUW.Vm.Bytecode;

/// <summary>What an operation does with a slot.</summary>
internal enum SlotAccess
{
    Read,
    Write,
    ReadWrite,
}
