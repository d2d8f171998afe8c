using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Verification;

/// <summary>Checks the operands of one instruction: indices, types, shapes, write access, immediates and the bound of products.</summary>
internal static class OperandChecks
{
    /// <summary>Operands of MATMUL are at most 2^6 in magnitude.</summary>
    private const long MaxProductMagnitude = 64 * 64;

    /// <returns>Null if all is well, otherwise what is wrong.</returns>
    public static string? Check(VmProgram program, in Instruction instruction)
    {
        for (int i = 0; i < instruction.SlotCount; i++)
        {
            if (instruction.Slot(i) >= program.Slots.Count)
            {
                return $"There is no slot {instruction.Slot(i)}.";
            }
        }

        return instruction.Op switch
        {
            Opcode.Constant when instruction.Value >= program.Constants.Count => $"There is no constant {instruction.Value}.",
            Opcode.Checkpoint when instruction.Value >= program.Checkpoints.Count => $"There is no checkpoint name {instruction.Value}.",
            Opcode.MatMul => CheckMatMul(program, instruction),
            Opcode.VectorOp => CheckVector(program, instruction),
            Opcode.MemCopy => CheckMemCopy(program.Slots[instruction.Slot0], program.Slots[instruction.Slot1]),
            _ => null,
        };
    }

    /// <summary>The product of a MATMUL instruction whose operands passed the checks.</summary>
    public static MatMulShape ShapeOf(VmProgram program, in Instruction instruction)
    {
        VmSlot a = program.Slots[instruction.Slot1];
        VmSlot b = program.Slots[instruction.Slot2];
        bool transposeA = (instruction.Immediate0 & Instruction.TransposeA) != 0;
        bool transposeB = (instruction.Immediate0 & Instruction.TransposeB) != 0;
        (int m, int k) = transposeA ? (a.Columns, a.Rows) : (a.Rows, a.Columns);
        return new MatMulShape(m, k, transposeB ? b.Rows : b.Columns, transposeA, transposeB);
    }

    private static string? CheckMatMul(VmProgram program, in Instruction instruction)
    {
        VmSlot c = program.Slots[instruction.Slot0];
        VmSlot a = program.Slots[instruction.Slot1];
        VmSlot b = program.Slots[instruction.Slot2];
        if ((instruction.Immediate0 & ~(Instruction.TransposeA | Instruction.TransposeB)) != 0)
        {
            return $"The flags 0x{instruction.Immediate0:X2} of MATMUL are not known.";
        }

        if (a.Type != TensorType.Int8 || b.Type != TensorType.Int8 || c.Type != TensorType.Int32)
        {
            return "MATMUL multiplies Int8 by Int8 into Int32.";
        }

        MatMulShape shape = ShapeOf(program, instruction);
        int innerB = shape.TransposeB ? b.Columns : b.Rows;
        if (shape.K != innerB || c.Rows != shape.M || c.Columns != shape.N)
        {
            return $"MATMUL '{a.Name}' ({shape.M}x{shape.K}) by '{b.Name}' ({innerB}x{shape.N}) does not give '{c.Name}' ({c.Rows}x{c.Columns}).";
        }

        if (shape.K * MaxProductMagnitude >= 1L << 31)
        {
            return $"The inner dimension {shape.K} could overflow 32 bits.";
        }

        return c.Kind == SlotKind.Input ? ReadOnly(c) : null;
    }

    private static string? CheckMemCopy(VmSlot destination, VmSlot source)
    {
        if (destination.Type != source.Type || destination.Columns != source.Columns)
        {
            return $"MEMCOPY needs equal type and columns; '{source.Name}' and '{destination.Name}' differ.";
        }

        return destination.Kind == SlotKind.Input ? ReadOnly(destination) : null;
    }

    private static string? CheckVector(VmProgram program, in Instruction instruction)
    {
        VectorOpInfo info = VectorOpInfo.All[(int)instruction.Vector - 1];
        for (int i = 0; i < info.Slots.Length; i++)
        {
            VmSlot slot = program.Slots[instruction.Slot(i)];
            if (!info.Slots[i].Types.Contains(slot.Type))
            {
                return $"Operand {i} of '{info.Mnemonic}' cannot be {slot.Type} ('{slot.Name}').";
            }

            if (info.Slots[i].Access != SlotAccess.Read && slot.Kind == SlotKind.Input)
            {
                return ReadOnly(slot);
            }
        }

        return VectorShapeChecks.Check(program, instruction, info);
    }

    private static string ReadOnly(VmSlot slot) => $"'{slot.Name}' is an input; a program may not write it.";
}
