using PoUW.Core.Primitives;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Execution;

/// <summary>
/// The trees over a machine's slots and what is known of writes into them. A stale root would be a fault of consensus, so every doubt marks
/// too much: a tensor that was ever handed out counts as changed at every later root, and an instruction that is not known here changes all
/// slots that it names.
/// </summary>
internal sealed class SlotCommitments
{
    private readonly Tensor?[] _slots;
    private readonly IReadOnlyList<VmSlot> _declared;
    private readonly TensorTree?[] _trees;
    private readonly bool[] _shared;
    private readonly bool[] _unsettled;
    private readonly bool[] _rootedUnsettled;

    public SlotCommitments(VmProgram program, Tensor?[] slots)
    {
        (_slots, _declared) = (slots, program.Slots);
        _trees = new TensorTree?[slots.Length];
        _shared = new bool[slots.Length];
        _unsettled = new bool[slots.Length];
        _rootedUnsettled = new bool[slots.Length];
        List<TensorTree> state = [];
        for (int i = 0; i < slots.Length; i++)
        {
            if (_declared[i].Kind == SlotKind.State)
            {
                _trees[i] = new TensorTree(_declared[i].Name, slots[i]!);
                state.Add(_trees[i]!);
            }
        }

        State = new MachineStateTree([.. state]);
    }

    /// <summary>The state slots. Call <see cref="Refresh"/> before a root or a proof, unless a run is going on.</summary>
    public MachineStateTree State { get; }

    /// <summary>True if an instruction writes the slot that it names at a position.</summary>
    public static bool Writes(in Instruction instruction, int position) => instruction.Op switch
    {
        Opcode.VectorOp => instruction.Operation!.Operands[position].Access != OperandAccess.Read,
        Opcode.MatMul or Opcode.MemCopy => position == 0,
        Opcode.TensorLoad => false,
        _ => true,
    };

    /// <summary>The host holds the tensor of a slot from now on and may write into it between runs.</summary>
    public void Share(int slot) => _shared[slot] = true;

    /// <summary>The host holds all state tensors from now on.</summary>
    public void ShareState() => ForEachState(Share);

    /// <summary>All state slots were replaced.</summary>
    public void WrittenState() => ForEachState(Written);

    /// <summary>All of a slot may change.</summary>
    public void Written(int slot)
    {
        _unsettled[slot] = true;
        _trees[slot]?.MarkAll();
    }

    /// <summary>Some bytes of a slot may change.</summary>
    public void Written(int slot, long offset, long length)
    {
        _unsettled[slot] = true;
        _trees[slot]?.Mark(offset, length);
    }

    /// <summary>An instruction is about to run; MEMCOPY and TSTORE say themselves what they write.</summary>
    public void Writing(in Instruction instruction)
    {
        for (int i = 0; i < instruction.Slots.Length && instruction.Op is not (Opcode.MemCopy or Opcode.TensorStore); i++)
        {
            if (Writes(instruction, i))
            {
                Written(instruction.Slots[i]);
            }
        }
    }

    /// <summary>
    /// The backend has brought the state home. It may have written what earlier instructions changed only now: where a root was computed
    /// in between, that root cleared marks which are still needed.
    /// </summary>
    public void Settled()
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_rootedUnsettled[i])
            {
                _trees[i]?.MarkAll();
            }

            _unsettled[i] = _rootedUnsettled[i] = false;
        }
    }

    /// <summary>Marks what the host may have written, and notes that a root is about to be computed. For use between runs.</summary>
    public void Refresh()
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_shared[i])
            {
                _trees[i]?.MarkAll();
            }

            _rootedUnsettled[i] |= _unsettled[i];
        }
    }

    /// <summary>The root of any slot that has a tensor, during a traced run.</summary>
    public Hash256 TensorRoot(int slot)
    {
        _rootedUnsettled[slot] |= _unsettled[slot];
        return (_trees[slot] ??= new TensorTree(_declared[slot].Name, _slots[slot]!)).Root();
    }

    /// <summary>Drops the trees of slots that are no state; a later trace builds them anew.</summary>
    public void ForgetOthers()
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            _trees[i] = _declared[i].Kind == SlotKind.State ? _trees[i] : null;
        }
    }

    private void ForEachState(Action<int> action)
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_declared[i].Kind == SlotKind.State)
            {
                action(i);
            }
        }
    }
}
