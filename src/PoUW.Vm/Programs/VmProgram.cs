using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Vm.Programs;

/// <summary>
/// A program of the tensor machine: immutable, identified by the SHA-256 of its canonical encoding. A decoded program is not yet
/// verified; <see cref="Verification.ProgramVerifier"/> decides whether it may run.
/// </summary>
public sealed class VmProgram
{
    /// <summary>The only version of the encoding and of the instruction set.</summary>
    public const int CurrentVersion = 2;

    private readonly byte[] _code;
    private readonly byte[] _encoded;

    /// <summary>Creates a program; the lists and the code are copied.</summary>
    public VmProgram(
        IEnumerable<VmEntryPoint> entryPoints,
        IEnumerable<VmSlot> slots,
        IEnumerable<long> constants,
        IEnumerable<string> checkpoints,
        ReadOnlySpan<byte> code,
        int memoryBytes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(memoryBytes);
        MemoryBytes = memoryBytes;
        EntryPoints = [.. entryPoints];
        Slots = [.. slots];
        Constants = [.. constants];
        Checkpoints = [.. checkpoints];
        _code = code.ToArray();
        _encoded = VmProgramCodec.Encode(this);
        Hash = Hash256.Sha256(_encoded);
    }

    /// <summary>Encoding and instruction-set version.</summary>
    public int Version => CurrentVersion;

    /// <summary>Where runs can start.</summary>
    public IReadOnlyList<VmEntryPoint> EntryPoints { get; }

    /// <summary>Tensor slots; instructions name them by index.</summary>
    public IReadOnlyList<VmSlot> Slots { get; }

    /// <summary>Constant table.</summary>
    public IReadOnlyList<long> Constants { get; }

    /// <summary>Names of checkpoints; instructions name them by index.</summary>
    public IReadOnlyList<string> Checkpoints { get; }

    /// <summary>Bytes of linear memory, all zero when a run starts.</summary>
    public int MemoryBytes { get; }

    /// <summary>The instructions.</summary>
    public ReadOnlySpan<byte> Code => _code;

    /// <summary>SHA-256 of <see cref="Encode"/>: the identity of the program.</summary>
    public Hash256 Hash { get; }

    /// <summary>The canonical encoding: an RLP list, see docs/vm.md.</summary>
    public byte[] Encode() => _encoded.AsSpan().ToArray();

    /// <summary>Decodes the canonical encoding.</summary>
    /// <returns>Ok with the program, or what is wrong; nothing is thrown on bad bytes.</returns>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, VmLimits limits, out VmProgram? program) =>
        VmProgramCodec.TryDecode(bytes, limits, out program);
}
