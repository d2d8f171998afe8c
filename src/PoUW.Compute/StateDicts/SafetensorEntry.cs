namespace PoUW.Compute.StateDicts;

/// <summary>One named tensor: row-major, little-endian. An empty shape is a scalar; a dimension may be zero.</summary>
public sealed record SafetensorEntry(string Name, SafetensorType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data);
