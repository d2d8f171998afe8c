using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Tracing;

/// <summary>Records the tensor instructions of one run. Only looks: neither stack nor gas nor tensors change.</summary>
internal sealed class TraceRecorder(SlotCommitments slots, int maxRecords, long gasLimit)
{
    private readonly List<TraceRecord> _records = [];
    private long[] _arguments = [];
    private Hash256[] _before = [];
    private bool _isFull;

    /// <summary>An instruction is about to run; its slots have tensors.</summary>
    public void Before(in Instruction instruction, RunState run)
    {
        _isFull |= _records.Count == maxRecords;
        if (_isFull)
        {
            return;
        }

        int pops = instruction.Pops;
        _arguments = run.Stack.AsSpan(run.StackTop - pops, pops).ToArray();
        _before = instruction.Op == Opcode.Checkpoint ? [] : Array.ConvertAll(instruction.Slots, slots.TensorRoot);
    }

    /// <summary>The instruction was executed.</summary>
    public void After(in Instruction instruction, RunState run)
    {
        if (_isFull)
        {
            return;
        }

        List<Hash256> after = [];
        for (int i = 0; i < instruction.Slots.Length; i++)
        {
            if (SlotCommitments.Writes(instruction, i))
            {
                after.Add(slots.TensorRoot(instruction.Slots[i]));
            }
        }

        if (instruction.Op == Opcode.Checkpoint)
        {
            _before = [slots.State.Root()];
        }

        int pushes = instruction.Pushes;
        _records.Add(new TraceRecord(
            _records.Count, instruction.Offset, instruction.Op, instruction.Operation?.Code ?? 0, _arguments,
            run.Stack.AsSpan(run.StackTop - pushes, pushes).ToArray(), _before, after, gasLimit - run.Gas));
    }

    /// <summary>The run with its trace.</summary>
    public TracedRun Finish(VmResult result)
    {
        ValidationResult recording = _isFull
            ? ValidationResult.Fail(
                ValidationCode.TooLarge, nameof(VmLimits.MaxTraceRecords), $"The run has more than {maxRecords} tensor instructions.")
            : ValidationResult.Ok;
        return new TracedRun(result, _isFull ? null : new StepTrace(_records), recording);
    }
}
