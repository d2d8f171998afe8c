namespace PoUW.Vm.Tests.Vectors;

/// <summary>Linear memory. Results were worked out by hand.</summary>
internal static class MemoryVectors
{
    private const string Four = "push 578437695752307201 / push 0 / mstore"; // Bytes 1, 2, ..., 8 at 0.

    public static IEnumerable<VectorSource> File() =>
    [
        Of("mstore and mload", "push -2 / push 8 / mstore / push 8 / mload / emit -> -2"),
        Of("memory is zero at the start", "push 0 / mload / emit / push 24 / mload / emit / push 31 / mload8 / emit -> 0 0 0"),
        Of("mstore is little-endian", $"{Four} / push 0 / mload8 / emit / push 7 / mload8 / emit / push 8 / mload8 / emit -> 1 8 0"),
        Of("mload at an odd address", $"{Four} / push 1 / mload / emit -> 2259522249032450"),
        Of("mstore at the last address", $"push {long.MinValue} / push 24 / mstore / push 24 / mload / emit / push 31 / mload8 / emit -> MIN 128"),
        Of("mload beyond the end", "push 25 / mload / emit -> MemoryOutOfRange"),
        Of("mload below 0", "push -1 / mload / emit -> MemoryOutOfRange"),
        Of("mload at the least address", $"push {long.MinValue} / mload / emit -> MemoryOutOfRange"),
        Of("mload at the largest address", $"push {long.MaxValue} / mload / emit -> MemoryOutOfRange"),
        Of("mload at 2^32", "push 4294967296 / mload / emit -> MemoryOutOfRange"),
        Of("mload in a memory below 8 bytes", "push 0 / mload / emit -> MemoryOutOfRange", 7),
        Of("mload in a memory of 8 bytes", "push 0 / mload / emit -> 0", 8),
        Of("mstore beyond the end", "push 1 / push 25 / mstore -> MemoryOutOfRange"),
        Of("mstore below 0", "push 1 / push -8 / mstore -> MemoryOutOfRange"),
        Of("mstore in a memory of one byte", "push 1 / push 0 / mstore -> MemoryOutOfRange", 1),
        Of("mstore8 and mload8", "push 200 / push 31 / mstore8 / push 31 / mload8 / emit -> 200"),
        Of("mstore8 takes the low byte", "push -1 / push 3 / mstore8 / push 511 / push 5 / mstore8 / push 0 / mload / emit -> 280379743272960"),
        Of("mload8 beyond the end", "push 32 / mload8 / emit -> MemoryOutOfRange"),
        Of("mload8 below 0", "push -1 / mload8 / emit -> MemoryOutOfRange"),
        Of("mstore8 beyond the end", "push 1 / push 32 / mstore8 -> MemoryOutOfRange"),
        Of("mstore8 at the least address", $"push 1 / push {long.MinValue} / mstore8 -> MemoryOutOfRange"),
        Of("mcopy",
            $"{Four} / push 16 / push 0 / push 8 / mcopy / push 16 / mload / emit / push 0 / mload / emit -> 578437695752307201 578437695752307201"),
        Of("mcopy upwards over itself", $"{Four} / push 2 / push 0 / push 6 / mcopy / push 0 / mload / emit -> 433757350076154369"),
        Of("mcopy downwards over itself", $"{Four} / push 0 / push 2 / push 6 / mcopy / push 0 / mload / emit -> 578439903399183363"),
        Of("mcopy onto itself", $"{Four} / push 0 / push 0 / push 32 / mcopy / push 0 / mload / emit -> 578437695752307201"),
        Of("mcopy of nothing at the end", "push 32 / push 32 / push 0 / mcopy / push 1 / emit -> 1"),
        Of("mcopy of nothing beyond the end", "push 33 / push 0 / push 0 / mcopy -> MemoryOutOfRange"),
        Of("mcopy to beyond the end", "push 25 / push 0 / push 8 / mcopy -> MemoryOutOfRange"),
        Of("mcopy from beyond the end", "push 0 / push 25 / push 8 / mcopy -> MemoryOutOfRange"),
        Of("mcopy to below 0", "push -1 / push 0 / push 8 / mcopy -> MemoryOutOfRange"),
        Of("mcopy from below 0", "push 0 / push -1 / push 8 / mcopy -> MemoryOutOfRange"),
        Of("mcopy of a negative count", "push 0 / push 0 / push -1 / mcopy -> MemoryOutOfRange"),
        Of("mcopy of the largest count", $"push 1 / push 1 / push {long.MaxValue} / mcopy -> MemoryOutOfRange"),
        Of("mcopy of the least count", $"push 0 / push 0 / push {long.MinValue} / mcopy -> MemoryOutOfRange"),
        Of("mcopy from the extremes", $"push {long.MaxValue} / push {long.MinValue} / push 1 / mcopy -> MemoryOutOfRange"),
        Of("mcopy with gas for its bytes", "push 0 / push 0 / push 17 / mcopy / push 1 / emit -> 1") with { GasLimit = 1 + 3 + 8 + 2 + 1 + 8 + 1 },
        Of("mcopy without gas for its bytes", "push 0 / push 0 / push 17 / mcopy") with { GasLimit = 1 + 3 + 8 + 1 },
        Of("mcopy without gas for its base", "push 0 / push 0 / push 17 / mcopy") with { GasLimit = 1 + 3 + 7 },
        Of("the memory costs gas before the first instruction", "push 1 / emit -> 1", 33) with { GasLimit = 2 + 1 + 8 + 1 },
        Of("no gas for the memory", "push 1 / emit", 33) with { GasLimit = 1 },
        Of("gas for the memory alone", "push 1 / emit", 33) with { GasLimit = 2 },
    ];

    private static VectorSource Of(string name, string line, int bytes = 32) => VectorSource.Of(name, line, $".memory {bytes}");
}
