using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
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
        foreach (int slot in instruction.Slots)
        {
            if (slot >= program.Slots.Count)
            {
                return $"There is no slot {slot}.";
            }
        }

        return instruction.Op switch
        {
            Opcode.Constant when instruction.Value >= program.Constants.Count => $"There is no constant {instruction.Value}.",
            Opcode.Checkpoint when instruction.Value >= program.Checkpoints.Count => $"There is no checkpoint name {instruction.Value}.",
            Opcode.MatMul => CheckMatMul(program, instruction),
            Opcode.VectorOp => CheckVector(program, instruction),
            Opcode.TensorStore when program.Slots[instruction.Slots[0]].Kind == SlotKind.Input => ReadOnly(program.Slots[instruction.Slots[0]]),
            >= Opcode.MemoryLoad when program.MemoryBytes == 0 => "The program declares no linear memory.",
            Opcode.MemCopy => CheckMemCopy(program.Slots[instruction.Slots[0]], program.Slots[instruction.Slots[1]]),
            _ => null,
        };
    }

    /// <summary>The product of a MATMUL instruction whose operands passed the checks.</summary>
    public static MatMulShape ShapeOf(VmProgram program, in Instruction instruction)
    {
        VmSlot a = program.Slots[instruction.Slots[1]];
        VmSlot b = program.Slots[instruction.Slots[2]];
        bool transposeA = (instruction.Value & Instruction.TransposeA) != 0;
        bool transposeB = (instruction.Value & Instruction.TransposeB) != 0;
        bool tileWork = (instruction.Value & Instruction.TileWork) != 0;
        (int m, int k) = transposeA ? (a.Columns, a.Rows) : (a.Rows, a.Columns);
        return new MatMulShape(m, k, transposeB ? b.Rows : b.Columns, transposeA, transposeB, tileWork);
    }

    private static string? CheckMatMul(VmProgram program, in Instruction instruction)
    {
        VmSlot c = program.Slots[instruction.Slots[0]];
        VmSlot a = program.Slots[instruction.Slots[1]];
        VmSlot b = program.Slots[instruction.Slots[2]];
        if ((instruction.Value & ~(Instruction.TransposeA | Instruction.TransposeB | Instruction.TileWork)) != 0)
        {
            return $"The flags 0x{instruction.Value:X2} of MATMUL are not known.";
        }

        bool isInteger = a.Type == TensorType.Int8 && b.Type == TensorType.Int8 && c.Type == TensorType.Int32;
        if (!isInteger && (a.Type != TensorType.Float32 || b.Type != TensorType.Float32 || c.Type != TensorType.Float32))
        {
            return "MATMUL multiplies Int8 by Int8 into Int32, or Float32 by Float32 into Float32.";
        }

        if (instruction.Slots[0] == instruction.Slots[1] || instruction.Slots[0] == instruction.Slots[2])
        {
            return $"MATMUL cannot write its own operand '{c.Name}'.";
        }

        if (!isInteger && (instruction.Value & Instruction.TileWork) != 0)
        {
            return "Only an integer product can be tile work.";
        }

        MatMulShape shape = ShapeOf(program, instruction);
        int innerB = shape.TransposeB ? b.Columns : b.Rows;
        if (shape.K != innerB || c.Rows != shape.M || c.Columns != shape.N)
        {
            return $"MATMUL '{a.Name}' ({shape.M}x{shape.K}) by '{b.Name}' ({innerB}x{shape.N}) does not give '{c.Name}' ({c.Rows}x{c.Columns}).";
        }

        if (isInteger && shape.K * MaxProductMagnitude >= 1L << 31)
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
        TensorOp operation = instruction.Operation!;
        TensorShape[] shapes = new TensorShape[instruction.Slots.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            VmSlot slot = program.Slots[instruction.Slots[i]];
            OperandSpec operand = operation.Operands[i];
            shapes[i] = slot.Shape;
            if (!operand.Types.Contains(slot.Type))
            {
                return $"Operand '{operand.Name}' of '{operation.Name}' cannot be {slot.Type} ('{slot.Name}').";
            }

            if (operand.Access != OperandAccess.Read && slot.Kind == SlotKind.Input)
            {
                return ReadOnly(slot);
            }
        }

        if (!operation.MayAlias && instruction.Slots.Distinct().Count() != instruction.Slots.Length)
        {
            return $"'{operation.Name}' needs different slots.";
        }

        return operation.Check(new TensorCallShape(shapes, instruction.Immediates)) is { } problem
            ? $"The operands of '{operation.Name}' do not fit: {problem}."
            : null;
    }

    private static string ReadOnly(VmSlot slot) => $"'{slot.Name}' is an input; a program may not write it.";
}
