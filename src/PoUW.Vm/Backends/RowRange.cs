namespace PoUW.Vm.Backends;

/// <summary>Rows that MEMCOPY moves.</summary>
public readonly record struct RowRange(int DestinationRow, int SourceRow, int Count);
