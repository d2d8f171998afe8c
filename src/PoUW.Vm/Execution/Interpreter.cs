using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Execution;

/// <summary>
/// The loop over pre-decoded instructions. The verifier proved that every instruction finds its operands, that targets are instructions
/// and that locals are bytes, so the loop touches stack, locals and code without bounds checks; calls check that the callee's stack fits.
/// </summary>
internal sealed class Interpreter
{
    /// <summary>Gas between two looks at the cancellation token: some 50 microseconds.</summary>
    private const long SliceGas = 32768;

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
        _run = new RunState(program.Limits.MaxStackDepth, program.Limits.MaxCallDepth);
        _cells = new CodeCell[program.Instructions.Length];
        _tensorGas = new long[_cells.Length];
        for (int i = 0; i < _cells.Length; i++)
        {
            Instruction instruction = program.Instructions[i];
            bool isConstant = instruction.Op == Opcode.Constant;
            long gas = GasSchedule.Of(code, instruction);
            bool isTensor = instruction.Op is >= Opcode.MatMul and < Opcode.Emit;
            _tensorGas[i] = isTensor ? gas : 0;
            _cells[i] = new CodeCell(
                isConstant ? Opcode.Push : instruction.Op,
                isTensor ? 0 : (int)gas,
                isConstant ? code.Constants[(int)instruction.Value] : instruction.Value);
        }
    }

    /// <summary>Gas that is left and the values that were emitted, after a run.</summary>
    public RunState State => _run;

    /// <summary>Runs from a cell until HALT, a trap, the end of the gas or cancellation.</summary>
    /// <param name="index">The first cell; afterwards the cell at which the run ended.</param>
    /// <param name="arguments">Initial locals.</param>
    /// <param name="gas">Gas of the run.</param>
    /// <param name="cancellation">Looked at between slices of gas and before tensor instructions.</param>
    public (VmOutcome Outcome, VmTrap Trap) Run(ref int index, ReadOnlySpan<long> arguments, long gas, CancellationToken cancellation)
    {
        _run.Begin(arguments, gas);
        return _verified.MaxDepth > _run.Stack.Length
            ? (VmOutcome.Trapped, VmTrap.StackOverflow)
            : Loop(ref index, cancellation);
    }

    private (VmOutcome Outcome, VmTrap Trap) Loop(ref int index, CancellationToken cancellation)
    {
        RunState run = _run;
        ref CodeCell code = ref MemoryMarshal.GetArrayDataReference(_cells);
        ref long locals = ref MemoryMarshal.GetArrayDataReference(run.Locals);

        // The element under the top of the empty stack is never read: the verifier bounds the depth from below.
        ref long stack = ref MemoryMarshal.GetArrayDataReference(run.Stack);
        nint top = 0;
        nint pc = index;
        long slice = 0;
        VmTrap trap;
        while (true)
        {
            ref CodeCell cell = ref Unsafe.Add(ref code, pc);
            slice = unchecked(slice - cell.Gas); // Never below -2^31.
            if (slice < 0)
            {
                slice = unchecked(slice + cell.Gas);
                run.Gas += slice;
                index = (int)pc;
                if (cancellation.IsCancellationRequested)
                {
                    return (VmOutcome.Cancelled, VmTrap.None);
                }

                if (run.Gas < cell.Gas)
                {
                    return (VmOutcome.OutOfGas, VmTrap.None);
                }

                slice = Math.Min(run.Gas, Math.Max(SliceGas, cell.Gas));
                run.Gas -= slice;
                continue;
            }

            unchecked // Indices stay inside what was verified; arithmetic of the program is checked by its own means.
            {
                ref long first = ref Unsafe.Add(ref stack, top - 1);
                switch (cell.Op)
                {
                    case Opcode.Push:
                        Unsafe.Add(ref stack, top++) = cell.Value;
                        break;
                    case Opcode.Pop:
                        top--;
                        break;
                    case Opcode.Dup:
                        Unsafe.Add(ref stack, top++) = first;
                        break;
                    case Opcode.Swap:
                        (first, Unsafe.Add(ref first, -1)) = (Unsafe.Add(ref first, -1), first);
                        break;
                    case Opcode.Load:
                        Unsafe.Add(ref stack, top++) = Unsafe.Add(ref locals, (nint)cell.Value);
                        break;
                    case Opcode.Store:
                        top--;
                        Unsafe.Add(ref locals, (nint)cell.Value) = first;
                        break;
                    case Opcode.Add:
                    {
                        long a = Unsafe.Add(ref first, -1);
                        long sum = a + first;
                        if (((a ^ sum) & (first ^ sum)) < 0)
                        {
                            trap = VmTrap.IntegerOverflow;
                            goto Trapped;
                        }

                        Unsafe.Add(ref first, -1) = sum;
                        top--;
                        break;
                    }

                    case Opcode.Sub:
                    {
                        long a = Unsafe.Add(ref first, -1);
                        long difference = a - first;
                        if (((a ^ first) & (a ^ difference)) < 0)
                        {
                            trap = VmTrap.IntegerOverflow;
                            goto Trapped;
                        }

                        Unsafe.Add(ref first, -1) = difference;
                        top--;
                        break;
                    }

                    case Opcode.Equal:
                        Unsafe.Add(ref first, -1) = Unsafe.Add(ref first, -1) == first ? 1 : 0;
                        top--;
                        break;
                    case Opcode.NotEqual:
                        Unsafe.Add(ref first, -1) = Unsafe.Add(ref first, -1) != first ? 1 : 0;
                        top--;
                        break;
                    case Opcode.Less:
                        Unsafe.Add(ref first, -1) = Unsafe.Add(ref first, -1) < first ? 1 : 0;
                        top--;
                        break;
                    case Opcode.LessOrEqual:
                        Unsafe.Add(ref first, -1) = Unsafe.Add(ref first, -1) <= first ? 1 : 0;
                        top--;
                        break;
                    case Opcode.Jump:
                        pc = (nint)cell.Value;
                        continue;
                    case Opcode.JumpIf:
                        top--;
                        pc = first != 0 ? (nint)cell.Value : pc + 1;
                        continue;
                    case Opcode.Call:
                        if (run.CallTop == run.Calls.Length || (int)top + _verified.MaxDepth > run.Stack.Length)
                        {
                            trap = VmTrap.StackOverflow;
                            goto Trapped;
                        }

                        run.Calls[run.CallTop++] = (int)pc + 1;
                        pc = (nint)cell.Value;
                        continue;
                    case Opcode.Ret:
                        if (run.CallTop == 0)
                        {
                            trap = VmTrap.CallStackEmpty;
                            goto Trapped;
                        }

                        pc = run.Calls[--run.CallTop];
                        continue;
                    case Opcode.Halt:
                        run.Gas += slice;
                        index = (int)pc;
                        return (VmOutcome.Halted, VmTrap.None);
                    default:
                        run.StackTop = (int)top;
                        run.Gas += slice;
                        slice = 0;
                        (VmOutcome outcome, trap) = Rare((int)pc, cell.Op, run, cancellation);
                        if (outcome != VmOutcome.Halted)
                        {
                            index = (int)pc;
                            return (outcome, trap);
                        }

                        top = run.StackTop;
                        break;
                }

                pc++;
            }
        }

    Trapped:
        run.Gas += slice;
        index = (int)pc;
        return (VmOutcome.Trapped, trap);
    }
}
