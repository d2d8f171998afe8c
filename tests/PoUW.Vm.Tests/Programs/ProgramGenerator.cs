using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Programs;

/// <summary>Seeded programs that use every kind of instruction; not all of them pass the verifier.</summary>
internal static class ProgramGenerator
{
    public static VmProgram Create(int seed)
    {
        Random random = new(seed);
        ProgramBuilder builder = new();
        for (int i = 0; i < 4; i++)
        {
            builder.Slot($"slot{i}", (TensorType)random.Next(1, 6), random.Next(1, 300), random.Next(1, 300), (SlotKind)random.Next(1, 5));
        }

        builder.Constant(random.NextInt64(long.MinValue, long.MaxValue));
        builder.CheckpointName("done");
        CodeLabel[] labels = [builder.NewLabel(), builder.NewLabel()];
        builder.Mark(labels[0]);
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            Append(builder, random, labels);
        }

        builder.Mark(labels[1]);
        builder.Op(Opcode.Halt);
        builder.Entry("main", random.Next(0, 5), labels[0]);
        return builder.Build();
    }

    private static void Append(ProgramBuilder builder, Random random, CodeLabel[] labels)
    {
        int Slot() => random.Next(4);
        CodeLabel label = labels[random.Next(labels.Length)];
        switch (random.Next(10))
        {
            case 0:
                builder.Push(random.NextInt64(long.MinValue, long.MaxValue));
                break;
            case 1:
                builder.PushConstant(0).Checkpoint("done");
                break;
            case 2:
                builder.Load(random.Next(256)).Store(random.Next(256));
                break;
            case 3:
                builder.Jump(label).JumpIf(label).Call(label);
                break;
            case 4:
                builder.MatMul(Slot(), Slot(), Slot(), random.Next(2) == 0, random.Next(2) == 0);
                break;
            case 5:
                builder.MemCopy(Slot(), Slot());
                break;
            case 6 or 7:
                Vector(builder, random, Slot);
                break;
            default:
                Opcode[] plain = [Opcode.Add, Opcode.Swap, Opcode.Dup, Opcode.Emit, Opcode.Ret, Opcode.Rand, Opcode.BitWidth, Opcode.Less];
                builder.Op(plain[random.Next(plain.Length)]);
                break;
        }
    }

    private static void Vector(ProgramBuilder builder, Random random, Func<int> slot)
    {
        TensorOp operation = TensorOps.All[random.Next(TensorOps.All.Count)];
        int[] slots = [.. operation.Operands.Select(_ => slot())];
        int[] immediates = [.. operation.Immediates.Select(_ => random.Next(int.MinValue, int.MaxValue))];
        builder.Vector(operation, slots, immediates);
    }
}
