using System.Buffers.Binary;
using PoUW.Vm.Operations;

namespace PoUW.Vm.Bytecode;

/// <summary>Reads and writes the bytes of instructions. All numbers are little-endian.</summary>
internal static class InstructionCodec
{
    /// <summary>Decodes the instruction at an offset.</summary>
    /// <returns>Null on success, otherwise what is wrong.</returns>
    public static string? TryDecode(ReadOnlySpan<byte> code, int offset, out Instruction instruction)
    {
        instruction = default;
        OpcodeInfo? info = OpcodeInfo.Find(code[offset]);
        if (info is null)
        {
            return $"Byte 0x{code[offset]:X2} is no opcode.";
        }

        ReadOnlySpan<byte> rest = code[(offset + 1)..];
        if (info.Layout == OperandLayout.Vector)
        {
            return TryDecodeVector(rest, offset, out instruction);
        }

        int size = OperandSize(info.Layout);
        if (rest.Length < size)
        {
            return $"The code ends inside the operands of '{info.Mnemonic}'.";
        }

        instruction = Decode(info, rest, offset, size + 1);
        return null;
    }

    /// <summary>Appends an instruction; offset and size of <paramref name="instruction"/> are not used.</summary>
    public static void Append(List<byte> code, in Instruction instruction)
    {
        OpcodeInfo info = OpcodeInfo.Find((byte)instruction.Op)!;
        code.Add((byte)instruction.Op);
        switch (info.Layout)
        {
            case OperandLayout.Value:
                AppendNumber(code, instruction.Value, 8);
                break;
            case OperandLayout.ConstantIndex or OperandLayout.CheckpointIndex:
                AppendNumber(code, instruction.Value, 2);
                break;
            case OperandLayout.Local:
                AppendNumber(code, instruction.Value, 1);
                break;
            case OperandLayout.Target:
                AppendNumber(code, instruction.Value, 4);
                break;
            case OperandLayout.LocalTarget:
                AppendNumber(code, instruction.Local, 1);
                AppendNumber(code, instruction.Value, 4);
                break;
            case OperandLayout.None:
                break;
            default:
                AppendTensorOperands(code, instruction);
                break;
        }
    }

    /// <summary>Bytes after the opcode for every layout but <see cref="OperandLayout.Vector"/>.</summary>
    private static int OperandSize(OperandLayout layout) => layout switch
    {
        OperandLayout.Value => 8,
        OperandLayout.ConstantIndex or OperandLayout.CheckpointIndex => 2,
        OperandLayout.Local => 1,
        OperandLayout.Target => 4,
        OperandLayout.MatMul => 7,
        OperandLayout.SlotPair => 4,
        OperandLayout.LocalTarget => 5,
        OperandLayout.Slot => 2,
        _ => 0,
    };

    private static Instruction Decode(OpcodeInfo info, ReadOnlySpan<byte> rest, int offset, int size) => info.Layout switch
    {
        OperandLayout.Value => Plain(info, offset, size, BinaryPrimitives.ReadInt64LittleEndian(rest)),
        OperandLayout.ConstantIndex or OperandLayout.CheckpointIndex => Plain(info, offset, size, U16(rest, 0)),
        OperandLayout.Local => Plain(info, offset, size, rest[0]),
        OperandLayout.Target => Plain(info, offset, size, BinaryPrimitives.ReadUInt32LittleEndian(rest)),
        OperandLayout.MatMul => new Instruction(info.Code, offset, size, rest[6], Slots(rest, 3), null, []),
        OperandLayout.LocalTarget => new Instruction(
            info.Code, offset, size, BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]), [], null, [], rest[0]),
        OperandLayout.Slot => new Instruction(info.Code, offset, size, 0, Slots(rest, 1), null, []),
        OperandLayout.SlotPair => new Instruction(info.Code, offset, size, 0, Slots(rest, 2), null, []),
        _ => Plain(info, offset, size, 0),
    };

    private static string? TryDecodeVector(ReadOnlySpan<byte> rest, int offset, out Instruction instruction)
    {
        instruction = default;
        TensorOp? operation = rest.IsEmpty ? null : TensorOps.Find(rest[0]);
        if (operation is null)
        {
            return "The vector operation is not known.";
        }

        int slots = operation.Operands.Count;
        int size = 1 + (2 * slots) + (4 * operation.Immediates.Count);
        if (rest.Length < size)
        {
            return $"The code ends inside the operands of 'vec.{operation.Name}'.";
        }

        int[] immediates = new int[operation.Immediates.Count];
        for (int i = 0; i < immediates.Length; i++)
        {
            immediates[i] = BinaryPrimitives.ReadInt32LittleEndian(rest[(1 + (2 * slots) + (4 * i))..]);
        }

        instruction = new Instruction(Opcode.VectorOp, offset, size + 1, 0, Slots(rest[1..], slots), operation, immediates);
        return null;
    }

    private static void AppendTensorOperands(List<byte> code, in Instruction instruction)
    {
        if (instruction.Operation is { } operation)
        {
            code.Add(operation.Code);
        }

        foreach (int slot in instruction.Slots)
        {
            AppendNumber(code, slot, 2);
        }

        foreach (int immediate in instruction.Immediates)
        {
            AppendNumber(code, immediate, 4);
        }

        if (instruction.Op == Opcode.MatMul)
        {
            code.Add((byte)instruction.Value);
        }
    }

    private static int[] Slots(ReadOnlySpan<byte> bytes, int count)
    {
        int[] slots = new int[count];
        for (int i = 0; i < count; i++)
        {
            slots[i] = U16(bytes, 2 * i);
        }

        return slots;
    }

    private static Instruction Plain(OpcodeInfo info, int offset, int size, long value) =>
        new(info.Code, offset, size, value);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static void AppendNumber(List<byte> code, long value, int bytes)
    {
        for (int i = 0; i < bytes; i++)
        {
            code.Add((byte)((value >> (8 * i)) & 0xFF));
        }
    }
}
