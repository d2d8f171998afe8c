namespace PoUW.Vm.Tests.Vectors;

/// <summary>Limits that differ from the default ones; null is the default.</summary>
internal sealed record VectorLimits(int? StackDepth = null, int? CallDepth = null, int? Outputs = null);

/// <summary>Content of a slot before the run: bytes of the elements, little-endian and row by row, as hexadecimal digits.</summary>
internal sealed record VectorTensor(string Slot, string Type, int Rows, int Columns, string Data);

/// <summary>Content of a slot after the run.</summary>
internal sealed record VectorContent(string Slot, string Data);

/// <summary>What the run must give.</summary>
internal sealed record VectorExpectation(string Outcome, string Trap, int Pc, string GasUsed, string[] Outputs, VectorContent[] Slots);

/// <summary>One vector as tests/vectors/vm/README.md describes it. Numbers of 64 bits are decimal strings.</summary>
internal sealed record VmVector(
    string Name,
    string Assembly,
    string Program,
    VectorLimits? Limits,
    VectorTensor[] Tensors,
    string Entry,
    string[] Arguments,
    string GasLimit,
    VectorExpectation Expect);
