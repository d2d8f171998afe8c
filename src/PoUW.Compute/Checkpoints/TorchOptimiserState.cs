using System.Runtime.InteropServices;
using PoUW.Compute.Compilation;
using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Core.Validation;

namespace PoUW.Compute.Checkpoints;

/// <summary>
/// Between flat tensors of the optimiser (<see cref="OptimiserWeights"/>) and PyTorch's Optimizer.state_dict(): {"state": {number: {"step",
/// "exp_avg", ...}}, "param_groups": [{"lr", ..., "params": [numbers]}]}. Parameters are numbered group by group, in a group as Module.parameters() does.
/// </summary>
internal static class TorchOptimiserState
{
    private const string State = "state";
    private const string Groups = "param_groups";
    private const string Step = "step";

    /// <summary>PyTorch's tree after so many steps.</summary>
    public static PyTorchDictionary ToTree(CompiledModel model, StateDict optimiser, long step)
    {
        IReadOnlyList<Parameter> numbered = Numbered(model);
        List<KeyValuePair<PyTorchKey, PyTorchValue>> states = [];
        for (int i = 0; i < numbered.Count; i++)
        {
            List<KeyValuePair<PyTorchKey, PyTorchValue>> own = [];
            foreach (OptimiserSlot slot in SlotsOf(model, numbered[i]))
            {
                own.Add(new(slot.Name, new PyTorchTensor(optimiser[slot.Slot])));
            }

            if (own.Count > 0 && model.Spec.Optimiser is FloatOptimiser { CountsSteps: true })
            {
                own.Insert(0, new(Step, new PyTorchTensor(StateTensor.FromFloat32([step]))));
            }

            if (own.Count > 0)
            {
                states.Add(new(i, new PyTorchDictionary(own)));
            }
        }

        List<PyTorchValue> groups = [];
        int first = 0;
        foreach (TorchGroup group in GroupsOf(model))
        {
            int count = numbered.Count(group.Has);
            IEnumerable<PyTorchValue> numbers = Enumerable.Range(first, count).Select(static i => new PyTorchNumber((long)i));
            groups.Add(new PyTorchDictionary([.. group.Options, new("params", new PyTorchList(numbers))]));
            first += count;
        }

        return new PyTorchDictionary([new(State, new PyTorchDictionary(states)), new(Groups, new PyTorchList(groups))]);
    }

    /// <summary>
    /// Flat tensors from PyTorch's tree. Parameters are numbered by the groups of this optimiser, whose options are used; those of the file are not read.
    /// What is kept once, such as powers of beta, is that of a run from step 0.
    /// </summary>
    /// <param name="model">The model whose optimiser it is.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="step">Steps that the caller knows of; the state's own count wins.</param>
    /// <param name="optimiser">The tensors.</param>
    public static ValidationResult TryRead(CompiledModel model, PyTorchValue tree, ref long step, out StateDict? optimiser)
    {
        optimiser = null;
        if (tree is not PyTorchDictionary root || !root.TryGet(State, out PyTorchValue? stateValue) || stateValue is not PyTorchDictionary states)
        {
            return Bad("optimizer", $"There is no dict '{State}' in the state of the optimiser.");
        }

        IReadOnlyList<Parameter> numbered = Numbered(model);
        List<KeyValuePair<string, StateTensor>> tensors = [];
        for (int i = 0; i < numbered.Count; i++)
        {
            foreach (OptimiserSlot slot in SlotsOf(model, numbered[i]))
            {
                if (!states.TryGet(i, out PyTorchValue? value) || value is not PyTorchDictionary own
                    || !own.TryGet(slot.Name, out PyTorchValue? item) || item is not PyTorchTensor tensor)
                {
                    return Bad(slot.Slot, $"Parameter {i} has no tensor '{slot.Name}' in the state of the optimiser.");
                }

                tensors.Add(new(slot.Slot, tensor.Tensor));
                ValidationResult result = own.TryGet(Step, out PyTorchValue? counted) ? TryCount(counted, ref step) : ValidationResult.Ok;
                if (!result.IsValid)
                {
                    return result;
                }
            }
        }

        foreach ((string name, float[] values) in (model.Spec.Optimiser as FloatOptimiser)?.SharedAfter(step) ?? [])
        {
            tensors.Add(new($"optimizer.{name}", StateTensor.FromFloat32(values, values.Length)));
        }

        optimiser = new StateDict(tensors);
        return ValidationResult.Ok;
    }

    private static ValidationResult TryCount(PyTorchValue value, ref long step)
    {
        const long most = 1L << 40;
        double count = value switch
        {
            PyTorchNumber number => number.ToFloat64(),
            PyTorchTensor { Tensor: { Type: StateTensorType.Float32, Length: 1 } tensor } => MemoryMarshal.Read<float>(tensor.Data.Span),
            _ => -1,
        };
        if (!(count >= 0 && count <= most))
        {
            return Bad(Step, $"The state of the optimiser has '{Step}' {value}, which is no count up to {most}.");
        }

        // The count of PyTorch is fp32, so beyond 2^24 the number in the file's root is the better one.
        step = (float)step == (float)count ? step : (long)count;
        return ValidationResult.Ok;
    }

    private static IReadOnlyList<TorchGroup> GroupsOf(CompiledModel model) =>
        model.Spec.Optimiser is FloatOptimiser floats ? floats.TorchGroups() : [new TorchGroup([], static _ => true)];

    // PyTorch numbers all parameters, also those that no operation uses, and a tied one once.
    private static IReadOnlyList<Parameter> Numbered(CompiledModel model)
    {
        Parameter[] parameters = [.. model.Spec.Model.NamedParameters().Select(static p => p.Parameter).Distinct()];
        return [.. GroupsOf(model).SelectMany(group => parameters.Where(group.Has))];
    }

    private static IEnumerable<OptimiserSlot> SlotsOf(CompiledModel model, Parameter parameter) =>
        model.OptimiserSlots.Where(slot => slot.Parameter == parameter);

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);
}
