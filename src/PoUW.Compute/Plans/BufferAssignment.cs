using PoUW.Vm.Operations;
using PoUW.Vm.Programs;

namespace PoUW.Compute.Plans;

/// <summary>
/// Gives scratch buffers that are not alive at the same time one place in memory. Slots of a program have a fixed shape, so only buffers of
/// one shape share. What is written before a loop and read in it lives until the loop ends. A destination takes the place of an operand
/// that ends with the instruction, if the operation allows it.
/// </summary>
internal sealed class BufferAssignment
{
    private readonly Plan _plan;
    private readonly List<PlanBuffer> _places = [];
    private readonly Dictionary<BufferId, BufferId> _named = [];
    private readonly Dictionary<TensorShape, SortedSet<int>> _pool = [];

    private BufferAssignment(Plan plan) => _plan = plan;

    /// <summary>A plan with the same meaning whose buffers are places.</summary>
    /// <exception cref="InvalidOperationException">A scratch buffer is read before it is written.</exception>
    public static Plan Assign(Plan plan)
    {
        BufferAssignment assignment = new(plan);
        for (int i = 0; i < plan.Buffers.Count; i++)
        {
            if (plan.Buffers[i].Kind != SlotKind.Scratch)
            {
                assignment._named[new BufferId(i)] = new BufferId(assignment._places.Count);
                assignment._places.Add(plan.Buffers[i]);
            }
        }

        PlanSection[] sections = [.. plan.Sections.Select(assignment.Assign)];
        return new Plan(assignment._places, sections);
    }

    private PlanSection Assign(PlanSection section)
    {
        PlanInstruction[] code = [.. section.All];
        int[] last = LastUses(section, code);
        Dictionary<BufferId, BufferId> live = new(_named);
        Dictionary<TensorShape, SortedSet<int>> free = _pool.ToDictionary(p => p.Key, p => new SortedSet<int>(p.Value));
        PlanInstruction[] result = new PlanInstruction[code.Length];
        for (int i = 0; i < code.Length; i++)
        {
            result[i] = Place(code[i], i, last, live, free);
        }

        PlanSection assigned = new(section.Entry, section.Parameters, section.Stride);
        int body = section.Prologue.Count;
        int epilogue = body + section.Body.Count;
        assigned.Prologue.AddRange(result[..body]);
        assigned.Body.AddRange(result[body..epilogue]);
        assigned.Epilogue.AddRange(result[epilogue..]);
        return assigned;
    }

    private int[] LastUses(PlanSection section, PlanInstruction[] code)
    {
        int[] first = new int[_plan.Buffers.Count];
        int[] last = new int[_plan.Buffers.Count];
        Array.Fill(first, -1);
        int body = section.Prologue.Count;
        int end = body + section.Body.Count;
        for (int i = 0; i < code.Length; i++)
        {
            foreach (BufferAccess access in BufferAccess.Of(code[i]))
            {
                int index = access.Buffer.Index;
                if (first[index] < 0)
                {
                    first[index] = i;
                    if (access.Reads && _plan.Buffers[index].Kind == SlotKind.Scratch)
                    {
                        throw new InvalidOperationException($"Section {section.Entry} reads a buffer of {_plan.Buffers[index].Shape} that nothing wrote.");
                    }
                }

                last[index] = i >= body && i < end && first[index] < body ? Math.Max(last[index], end) : Math.Max(last[index], i);
            }
        }

        return last;
    }

    private PlanInstruction Place(
        PlanInstruction code, int at, int[] last, Dictionary<BufferId, BufferId> live, Dictionary<TensorShape, SortedSet<int>> free)
    {
        BufferAccess[] accesses = [.. BufferAccess.Of(code)];
        bool mayAlias = code is TensorInstruction { Op.MayAlias: true };
        HashSet<BufferId> ending = [.. accesses.Select(a => a.Buffer).Where(b => IsScratch(b) && last[b.Index] == at)];
        HashSet<BufferId> donors = [.. ending.Where(live.ContainsKey)];
        foreach (BufferAccess access in accesses)
        {
            if (!live.ContainsKey(access.Buffer))
            {
                BufferId? donor = mayAlias ? Donor(access.Buffer, donors) : null;
                live[access.Buffer] = donor is { } taken ? live[taken] : Take(_plan.Buffers[access.Buffer.Index].Shape, free);
                if (donor is { } used)
                {
                    ending.Remove(used);
                    donors.Remove(used);
                }
            }
        }

        PlanInstruction placed = BufferAccess.Rename(code, buffer => live[buffer]);
        foreach (BufferId buffer in ending)
        {
            FreeSet(free, _plan.Buffers[buffer.Index].Shape).Add(live[buffer].Index);
            live.Remove(buffer);
        }

        return placed;
    }

    private bool IsScratch(BufferId buffer) => _plan.Buffers[buffer.Index].Kind == SlotKind.Scratch;

    /// <summary>An operand that ends here and has the shape of the destination.</summary>
    private BufferId? Donor(BufferId destination, HashSet<BufferId> donors)
    {
        TensorShape shape = _plan.Buffers[destination.Index].Shape;
        foreach (BufferId candidate in donors.OrderBy(b => b.Index))
        {
            if (_plan.Buffers[candidate.Index].Shape == shape)
            {
                return candidate;
            }
        }

        return null;
    }

    private BufferId Take(TensorShape shape, Dictionary<TensorShape, SortedSet<int>> free)
    {
        SortedSet<int> candidates = FreeSet(free, shape);
        if (candidates.Count > 0)
        {
            int place = candidates.Max;
            candidates.Remove(place);
            return new BufferId(place);
        }

        _places.Add(new PlanBuffer($"scratch.{_places.Count}", shape, SlotKind.Scratch));
        int added = _places.Count - 1;
        if (!_pool.TryGetValue(shape, out SortedSet<int>? pool))
        {
            _pool[shape] = pool = [];
        }

        pool.Add(added);
        return new BufferId(added);
    }

    private static SortedSet<int> FreeSet(Dictionary<TensorShape, SortedSet<int>> free, TensorShape shape)
    {
        if (!free.TryGetValue(shape, out SortedSet<int>? set))
        {
            free[shape] = set = [];
        }

        return set;
    }
}
