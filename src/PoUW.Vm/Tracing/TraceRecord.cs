using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.State;

namespace PoUW.Vm.Tracing;

/// <summary>
/// One executed tensor instruction of a traced run. Roots are tensor roots, see <see cref="StateCommitment"/>. Compare records by their
/// encodings. Immutable.
/// </summary>
/// <param name="Sequence">Its position among the tensor instructions of the run, from 0.</param>
/// <param name="Pc">Code offset of the instruction.</param>
/// <param name="Opcode">The instruction.</param>
/// <param name="Operation">Code of the operation of VECTOROP, otherwise 0.</param>
/// <param name="Arguments">Values taken from the stack, in the order in which they were pushed.</param>
/// <param name="Results">Values put on the stack.</param>
/// <param name="Before">Roots of the slots that the instruction names, in that order, before it ran; the state root alone for CHECKPOINT.</param>
/// <param name="After">Roots of the slots that it writes, in the same order, after it ran.</param>
/// <param name="GasUsed">Gas of the run up to and including this instruction.</param>
public sealed record TraceRecord(
    int Sequence,
    int Pc,
    Opcode Opcode,
    byte Operation,
    IReadOnlyList<long> Arguments,
    IReadOnlyList<long> Results,
    IReadOnlyList<Hash256> Before,
    IReadOnlyList<Hash256> After,
    long GasUsed)
{
    /// <summary>Largest encoded record in bytes.</summary>
    public const int MaxEncodedBytes = 64 + ((MaxValues + MaxValues) * 9) + ((MaxRoots + MaxRoots) * (Hash256.Size + 1));

    private const int Version = 1;
    private const int MaxValues = 16;
    private const int MaxRoots = 16;

    /// <summary>
    /// The canonical encoding: RLP list (version, sequence, pc, opcode, operation, arguments, results, roots before, roots after, gas);
    /// stack values as unsigned 64-bit numbers in two's complement.
    /// </summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().Write((ulong)Version);
        writer.Write((ulong)Sequence).Write((ulong)Pc).Write((ulong)Opcode).Write((ulong)Operation);
        WriteValues(writer, Arguments);
        WriteValues(writer, Results);
        HashList.Write(writer, Before);
        HashList.Write(writer, After);
        return writer.Write((ulong)GasUsed).EndList().Finish();
    }

    /// <summary>Reads a record; checks form and limits only.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, out TraceRecord? record)
    {
        record = null;
        if (bytes.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "record", $"{bytes.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(bytes);
        RlpReader items = outer.ReadList();
        ulong version = items.ReadUInt64();
        int sequence = (int)items.ReadUInt64(int.MaxValue);
        int pc = (int)items.ReadUInt64(int.MaxValue);
        byte opcode = (byte)items.ReadUInt64(byte.MaxValue);
        byte operation = (byte)items.ReadUInt64(byte.MaxValue);
        bool isWhole = TryReadValues(ref items, out long[] arguments)
            & TryReadValues(ref items, out long[] results)
            & HashList.TryRead(ref items, MaxRoots, out Hash256[] before)
            & HashList.TryRead(ref items, MaxRoots, out Hash256[] after);
        long gas = (long)items.ReadUInt64(long.MaxValue);
        isWhole &= items.TryFinish() && outer.TryFinish() && version == Version && IsKnown(opcode, operation);
        if (!isWhole)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "record", "Not the canonical encoding of a trace record.");
        }

        record = new TraceRecord(sequence, pc, (Opcode)opcode, operation, arguments, results, before, after, gas);
        return ValidationResult.Ok;
    }

    private static bool IsKnown(byte opcode, byte operation) => (Opcode)opcode == Opcode.VectorOp
        ? TensorOps.Find(operation) is not null
        : OpcodeInfo.Find(opcode) is not null && operation == 0;

    private static void WriteValues(RlpWriter writer, IReadOnlyList<long> values)
    {
        writer.BeginList();
        foreach (long value in values)
        {
            writer.Write(unchecked((ulong)value));
        }

        writer.EndList();
    }

    private static bool TryReadValues(ref RlpReader reader, out long[] values)
    {
        RlpReader list = reader.ReadList();
        List<long> read = [];
        while (!list.AtEnd && read.Count < MaxValues)
        {
            read.Add(unchecked((long)list.ReadUInt64()));
        }

        values = [.. read];
        return list.TryFinish();
    }
}
