using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Execution;

/// <summary>
/// The loop over pre-decoded instructions. The verifier proved that every instruction finds its operands, that targets are instructions
/// and that locals are bytes, and that the stack of one subroutine is within the limit that the stack is allocated with, so the loop touches
/// stack, locals and code without bounds checks; calls check that the callee's stack fits, and memory instructions their addresses.
/// </summary>
internal sealed class Interpreter
{
    /// <summary>Gas between two looks at the cancellation token: some 50 microseconds.</summary>
    private const long SliceGas = 32768;

    /// <summary>LOOP keeps its local above its target in a cell.</summary>
    private const int LocalShift = 32;

    private readonly VerifiedProgram _verified;
    private readonly CodeCell[] _cells;
    private readonly long[] _tensorGas;
    private readonly TensorUnit _tensors;
    private readonly RunState _run;

    public Interpreter(VerifiedProgram program, TensorUnit tensors)
    {
        VmProgram code = program.Program;
        _verified = program;
        _tensors = tensors;
        _run = new RunState(program.Limits.MaxStackDepth, program.Limits.MaxCallDepth, code.MemoryBytes);
        _cells = new CodeCell[program.Instructions.Length];
        _tensorGas = new long[_cells.Length];
        for (int i = 0; i < _cells.Length; i++)
        {
            Instruction instruction = program.Instructions[i];
            long gas = GasSchedule.Of(code, instruction);
            bool isTensor = instruction.Op is >= Opcode.MatMul and <= Opcode.TensorStore and not Opcode.Emit;
            _tensorGas[i] = isTensor ? gas : 0;
            _cells[i] = new CodeCell(
                instruction.Op == Opcode.Constant ? Opcode.Push : instruction.Op, isTensor ? 0 : (int)gas, ValueOf(code, instruction));
        }
    }

    /// <summary>Gas that is left and the values that were emitted, after a run.</summary>
    public RunState State => _run;

    /// <summary>Runs from a cell until HALT, a trap, the end of the gas or cancellation.</summary>
    /// <param name="index">The first cell; afterwards the cell at which the run ended.</param>
    /// <param name="arguments">Initial locals.</param>
    /// <param name="budget">Gas and time of the run.</param>
    /// <param name="cancellation">Looked at between slices of gas and before tensor instructions.</param>
    public (VmOutcome Outcome, VmTrap Trap) Run(ref int index, ReadOnlySpan<long> arguments, RunBudget budget, CancellationToken cancellation)
    {
        _run.Begin(arguments, budget);
        long entryGas = GasSchedule.OfMemory(_run.Memory.Length);
        if (entryGas > _run.Gas)
        {
            return (VmOutcome.OutOfGas, VmTrap.None);
        }

        _run.Gas -= entryGas;
        return Loop(ref index, cancellation);
    }

    private static long ValueOf(VmProgram code, in Instruction instruction) => instruction.Op switch
    {
        Opcode.Constant => code.Constants[(int)instruction.Value],
        Opcode.Loop => ((long)instruction.Local << LocalShift) | instruction.Value,
        _ => instruction.Value,
    };

    /// <summary>
    /// One method, so that program counter, stack pointer and gas stay in registers. A case that computes a value from two on the stack
    /// leaves the switch with it; every other case continues by itself.
    /// </summary>
    private (VmOutcome Outcome, VmTrap Trap) Loop(ref int index, CancellationToken cancellation)
    {
        RunState run = _run;
        ref CodeCell code = ref MemoryMarshal.GetArrayDataReference(_cells);
        ref long locals = ref MemoryMarshal.GetArrayDataReference(run.Locals);

        // With an empty stack 'first' refers to the array's own length, which is never read: the verifier bounds the depth from below.
        ref long stack = ref MemoryMarshal.GetArrayDataReference(run.Stack);
        ref byte memory = ref MemoryMarshal.GetArrayDataReference(run.Memory);
        long lastWord = run.Memory.Length - sizeof(long);
        nint top = 0;
        nint pc = index;
        long slice = 0;
        long result;
        VmTrap trap;
        VmOutcome outcome = VmOutcome.Trapped;
        while (true)
        {
            unchecked // Indices stay inside what was verified; the program's own arithmetic is checked explicitly.
            {
                ref CodeCell cell = ref Unsafe.Add(ref code, pc);
                slice -= cell.Gas;
                if (slice < 0)
                {
                    slice += cell.Gas;
                    (outcome, slice) = Refill(run, slice, cell.Gas, cancellation);
                    if (outcome != VmOutcome.Halted)
                    {
                        trap = VmTrap.None;
                        goto Ended;
                    }

                    outcome = VmOutcome.Trapped;
                    continue;
                }

                ref long first = ref Unsafe.Add(ref stack, top - 1);
                switch (cell.Op)
                {
                    case Opcode.Push:
                        Unsafe.Add(ref stack, top++) = cell.Value;
                        pc++;
                        continue;
                    case Opcode.Pop:
                        top--;
                        pc++;
                        continue;
                    case Opcode.Dup:
                        Unsafe.Add(ref stack, top++) = first;
                        pc++;
                        continue;
                    case Opcode.Swap:
                        (first, Unsafe.Add(ref first, -1)) = (Unsafe.Add(ref first, -1), first);
                        pc++;
                        continue;
                    case Opcode.Load:
                        Unsafe.Add(ref stack, top++) = Unsafe.Add(ref locals, (nint)cell.Value);
                        pc++;
                        continue;
                    case Opcode.Store:
                        top--;
                        Unsafe.Add(ref locals, (nint)cell.Value) = first;
                        pc++;
                        continue;
                    case Opcode.Add:
                        trap = CheckedInteger.Add(Unsafe.Add(ref first, -1), first, out result);
                        break;
                    case Opcode.Sub:
                        trap = CheckedInteger.Subtract(Unsafe.Add(ref first, -1), first, out result);
                        break;
                    case Opcode.Mul:
                        trap = CheckedInteger.Multiply(Unsafe.Add(ref first, -1), first, out result);
                        break;
                    case Opcode.And:
                        (trap, result) = (VmTrap.None, Unsafe.Add(ref first, -1) & first);
                        break;
                    case Opcode.Or:
                        (trap, result) = (VmTrap.None, Unsafe.Add(ref first, -1) | first);
                        break;
                    case Opcode.Xor:
                        (trap, result) = (VmTrap.None, Unsafe.Add(ref first, -1) ^ first);
                        break;
                    case Opcode.Equal:
                        (trap, result) = (VmTrap.None, Unsafe.Add(ref first, -1) == first ? 1 : 0);
                        break;
                    case Opcode.NotEqual:
                        (trap, result) = (VmTrap.None, Unsafe.Add(ref first, -1) != first ? 1 : 0);
                        break;
                    case Opcode.Less:
                        (trap, result) = (VmTrap.None, Unsafe.Add(ref first, -1) < first ? 1 : 0);
                        break;
                    case Opcode.LessOrEqual:
                        (trap, result) = (VmTrap.None, Unsafe.Add(ref first, -1) <= first ? 1 : 0);
                        break;
                    case Opcode.Jump:
                        pc = (nint)cell.Value;
                        continue;
                    case Opcode.JumpIf:
                        top--;
                        pc = first != 0 ? (nint)cell.Value : pc + 1;
                        continue;
                    case Opcode.Loop:
                        if (Unsafe.Add(ref locals, (nint)(cell.Value >> LocalShift)) == long.MinValue)
                        {
                            trap = VmTrap.IntegerOverflow;
                            goto Ended;
                        }

                        pc = --Unsafe.Add(ref locals, (nint)(cell.Value >> LocalShift)) > 0 ? (nint)(uint)cell.Value : pc + 1;
                        continue;
                    case Opcode.Call:
                        if (run.CallTop == run.Calls.Length || (int)top + _verified.MaxDepth > run.Stack.Length)
                        {
                            trap = VmTrap.StackOverflow;
                            goto Ended;
                        }

                        run.Calls[run.CallTop++] = (int)pc + 1;
                        pc = (nint)cell.Value;
                        continue;
                    case Opcode.Ret:
                        if (run.CallTop == 0)
                        {
                            trap = VmTrap.CallStackEmpty;
                            goto Ended;
                        }

                        pc = run.Calls[--run.CallTop];
                        continue;
                    case Opcode.MemoryLoad:
                        if (first < 0 || first > lastWord)
                        {
                            trap = VmTrap.MemoryOutOfRange;
                            goto Ended;
                        }

                        first = BinaryPrimitives.ReadInt64LittleEndian(Word(ref memory, first));
                        pc++;
                        continue;
                    case Opcode.MemoryStore:
                        if (first < 0 || first > lastWord)
                        {
                            trap = VmTrap.MemoryOutOfRange;
                            goto Ended;
                        }

                        BinaryPrimitives.WriteInt64LittleEndian(Word(ref memory, first), Unsafe.Add(ref first, -1));
                        top -= 2;
                        pc++;
                        continue;
                    case Opcode.Halt:
                        (outcome, trap) = (VmOutcome.Halted, VmTrap.None);
                        goto Ended;
                    default:
                        run.StackTop = (int)top;
                        run.Gas += slice;
                        slice = 0;
                        (outcome, trap) = Rare((int)pc, cell.Op, run, cancellation);
                        if (outcome != VmOutcome.Halted)
                        {
                            goto Ended;
                        }

                        outcome = VmOutcome.Trapped;
                        top = run.StackTop;
                        pc++;
                        continue;
                }

                if (trap != VmTrap.None)
                {
                    goto Ended;
                }

                Unsafe.Add(ref first, -1) = result;
                top--;
                pc++;
            }
        }

    Ended:
        run.Gas += slice;
        index = (int)pc;
        return (outcome, trap);
    }

    /// <summary>Takes the next slice of gas.</summary>
    /// <returns>Halted stands for "go on".</returns>
    private static (VmOutcome Outcome, long Slice) Refill(RunState run, long rest, long needed, CancellationToken cancellation)
    {
        run.Gas += rest;
        if (Stopped(run, cancellation) is { } stopped)
        {
            return (stopped, 0);
        }

        if (run.Gas < needed)
        {
            return (VmOutcome.OutOfGas, 0);
        }

        long slice = Math.Min(run.Gas, Math.Max(SliceGas, needed));
        run.Gas -= slice;
        return (VmOutcome.Halted, slice);
    }

    private static VmOutcome? Stopped(RunState run, CancellationToken cancellation) =>
        cancellation.IsCancellationRequested ? VmOutcome.Cancelled : run.IsLate ? VmOutcome.TimeExceeded : null;

    private static Span<byte> Word(ref byte memory, long address) =>
        MemoryMarshal.CreateSpan(ref Unsafe.Add(ref memory, (nint)address), sizeof(long));

    /// <summary>Everything that is seldom or heavy; works on the run's stack.</summary>
    /// <returns>Halted stands for "go on".</returns>
    private (VmOutcome Outcome, VmTrap Trap) Rare(int index, Opcode op, RunState run, CancellationToken cancellation)
    {
        VmTrap trap;
        switch (op)
        {
            case Opcode.MatMul or Opcode.VectorOp or Opcode.MemCopy or Opcode.Checkpoint or Opcode.TensorLoad or Opcode.TensorStore:
                return Tensor(index, run, cancellation);
            case Opcode.Emit:
                trap = Emit(run);
                break;
            case Opcode.MemoryLoadByte or Opcode.MemoryStoreByte:
                trap = MemoryByte(op, run);
                break;
            case Opcode.MemoryCopy:
                trap = MemoryCopy(run, out bool outOfGas);
                if (outOfGas)
                {
                    return (VmOutcome.OutOfGas, VmTrap.None);
                }

                break;
            default:
                trap = StackArithmetic.Execute(op, run);
                break;
        }

        return (trap == VmTrap.None ? VmOutcome.Halted : VmOutcome.Trapped, trap);
    }

    private (VmOutcome Outcome, VmTrap Trap) Tensor(int index, RunState run, CancellationToken cancellation)
    {
        if (Stopped(run, cancellation) is { } stopped)
        {
            return (stopped, VmTrap.None);
        }

        if (run.Gas < _tensorGas[index])
        {
            return (VmOutcome.OutOfGas, VmTrap.None);
        }

        run.Gas -= _tensorGas[index];
        VmTrap trap = _tensors.Execute(index, run, out bool outOfGas);
        if (outOfGas)
        {
            return (VmOutcome.OutOfGas, VmTrap.None);
        }

        return (trap == VmTrap.None ? VmOutcome.Halted : VmOutcome.Trapped, trap);
    }

    private VmTrap Emit(RunState run)
    {
        if (run.Outputs.Count == _verified.Limits.MaxOutputs)
        {
            return VmTrap.TooManyOutputs;
        }

        run.Outputs.Add(run.Pop());
        return VmTrap.None;
    }

    private static VmTrap MemoryByte(Opcode op, RunState run)
    {
        long address = run.Stack[run.StackTop - 1];
        if (address < 0 || address >= run.Memory.Length)
        {
            return VmTrap.MemoryOutOfRange;
        }

        if (op == Opcode.MemoryLoadByte)
        {
            run.Stack[run.StackTop - 1] = run.Memory[address];
            return VmTrap.None;
        }

        run.Memory[address] = unchecked((byte)run.Stack[run.StackTop - 2]);
        run.StackTop -= 2;
        return VmTrap.None;
    }

    private static VmTrap MemoryCopy(RunState run, out bool outOfGas)
    {
        outOfGas = false;
        ReadOnlySpan<long> arguments = run.Stack.AsSpan(run.StackTop - 3, 3);
        (long to, long from, long count) = (arguments[0], arguments[1], arguments[2]);
        long size = run.Memory.Length;
        if (to < 0 || from < 0 || count < 0 || to > size - count || from > size - count)
        {
            return VmTrap.MemoryOutOfRange;
        }

        long gas = GasSchedule.OfCopy(count);
        if (gas > run.Gas)
        {
            outOfGas = true;
            return VmTrap.None;
        }

        run.Gas -= gas;
        run.StackTop -= 3;
        run.Memory.AsSpan((int)from, (int)count).CopyTo(run.Memory.AsSpan((int)to));
        return VmTrap.None;
    }
}
