using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Checkpoints;

/// <summary>
/// Between the state of a runner and a state dict with PyTorch's names, shapes and order of elements. Lane I is exact as well: a master
/// weight has at most 22 bits, so master * 2^(exponent - 16) is an fp32 number; other numbers are rounded to the nearest master, clipped.
/// </summary>
public static class ModelWeights
{
    private const int MasterLimit = IntegerLowering.MaxOperand << IntegerLowering.MasterBits;

    /// <summary>The weights and buffers of a model, as Module.state_dict(); tied weights under all their names.</summary>
    public static StateDict Capture(ModelRunner runner) => Capture(runner.Model, runner.State);

    /// <summary>As <see cref="Capture(ModelRunner)"/>, from state slots that came from elsewhere, such as another machine.</summary>
    /// <param name="model">The model that the state belongs to, compiled for a data set of any size.</param>
    /// <param name="state">The state slots.</param>
    /// <exception cref="ArgumentException">The state is not that of the model.</exception>
    public static StateDict Capture(CompiledModel model, IReadOnlyList<(string Name, Tensor Tensor)> state)
    {
        Dictionary<string, StateTensor> tensors = new(StringComparer.Ordinal);
        foreach ((string name, Parameter parameter) in UsedParameters(model))
        {
            tensors.Add(name, Read(model, state, parameter));
        }

        foreach ((string name, StateBuffer buffer) in model.Spec.Model.NamedBuffers())
        {
            Tensor slot = SlotOf(state, model.Model.Names.Of(buffer));
            tensors.Add(name, buffer.IsCounter ? StateTensor.FromInt64([slot.Int32[0]]) : StateTensor.FromFloat32(slot.Float32, buffer.Length));
        }

        return new StateDict(Order(model.Spec.Model).Where(tensors.ContainsKey).Select(name => KeyValuePair.Create(name, tensors[name])));
    }

    /// <summary>Replaces weights and buffers, as Module.load_state_dict. On failure nothing changes.</summary>
    /// <param name="runner">The runner.</param>
    /// <param name="tensors">The state dict.</param>
    /// <param name="strict">
    /// True if both must have the same names. Otherwise what only one of them has is left alone, such as masks that a file keeps as buffers.
    /// </param>
    /// <returns>Ok, or what is wrong: names that are missing or not known (strict), another shape or type, a number that is not finite.</returns>
    public static ValidationResult TryRestore(ModelRunner runner, StateDict tensors, bool strict = true)
    {
        ValidationResult result = TryPrepare(runner, tensors, strict, out List<Action> writes);
        if (result.IsValid)
        {
            writes.ForEach(static write => write());
        }

        return result;
    }

    /// <summary>Checks a state dict without changing anything; the writes replace the weights and cannot fail.</summary>
    internal static ValidationResult TryPrepare(ModelRunner runner, StateDict tensors, bool strict, out List<Action> writes)
    {
        writes = [];
        ValidationResult result = CheckNames(runner.Model, tensors);
        if (strict && !result.IsValid)
        {
            return result;
        }

        foreach ((string name, Parameter parameter) in UsedParameters(runner.Model).Where(p => tensors.Contains(p.Name)))
        {
            result = TryTake(tensors[name], name, [.. parameter.Shape.Select(static d => (long)d)], out float[] elements);
            if (!result.IsValid)
            {
                return result;
            }

            writes.Add(() => Write(runner, parameter, elements));
        }

        foreach ((string name, StateBuffer buffer) in runner.Model.Spec.Model.NamedBuffers().Where(b => tensors.Contains(b.Path)))
        {
            result = TryTake(runner, tensors[name], name, buffer, writes);
            if (!result.IsValid)
            {
                return result;
            }
        }

        return ValidationResult.Ok;
    }

    /// <summary>The keys of the state dict in PyTorch's order: of every module its parameters, then its buffers, then its children.</summary>
    internal static IEnumerable<string> Order(Module model) => model.NamedModules().SelectMany(static m => m.Module.OwnNames().Select(
        name => m.Path.Length == 0 ? name : $"{m.Path}.{name}"));

    /// <summary>The parameters that the program has, under all their names.</summary>
    internal static IEnumerable<(string Name, Parameter Parameter)> UsedParameters(CompiledModel model)
    {
        HashSet<Parameter> used = [.. model.Model.Names.Parameters];
        return model.Spec.Model.NamedParameters().Where(p => used.Contains(p.Parameter));
    }

    /// <summary>The live tensor of a state slot.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal static Tensor SlotOf(IReadOnlyList<(string Name, Tensor Tensor)> state, string name) =>
        state.FirstOrDefault(s => s.Name == name).Tensor ?? throw new ArgumentException($"The state has no slot '{name}'.", nameof(state));

    /// <summary>Fails if a tensor has another shape.</summary>
    internal static ValidationResult CheckShape(StateTensor tensor, string name, ReadOnlySpan<long> shape)
    {
        bool same = tensor.Shape.Count == shape.Length;
        for (int i = 0; same && i < shape.Length; i++)
        {
            same = tensor.Shape[i] == shape[i];
        }

        return same
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.OutOfRange, name, $"'{name}' is {tensor}; the model has shape [{string.Join(", ", shape.ToArray())}].");
    }

    private static StateTensor Read(CompiledModel model, IReadOnlyList<(string Name, Tensor Tensor)> state, Parameter parameter)
    {
        string slot = model.Model.Names.Of(parameter);
        ParameterLayout layout = model.Model.Graph.LayoutOf(parameter);
        Tensor matrix = SlotOf(state, slot);
        if (matrix.Rows != layout.Rows || matrix.Columns != layout.Columns)
        {
            throw new ArgumentException($"The slot '{slot}' has {matrix.Rows}x{matrix.Columns} elements, not {layout.Rows}x{layout.Columns}.", nameof(state));
        }

        float[] elements = new float[layout.Length];
        if (matrix.Type == TensorType.Float32)
        {
            layout.FromMatrix(matrix.Float32, elements);
        }
        else
        {
            int[] masters = new int[layout.Length];
            layout.FromMatrix(matrix.Int32, masters);
            int exponent = model.Exponents[slot] - IntegerLowering.MasterBits;
            for (int i = 0; i < masters.Length; i++)
            {
                elements[i] = MathF.ScaleB(masters[i], exponent);
            }
        }

        return StateTensor.FromFloat32(elements, [.. parameter.Shape.Select(static d => (long)d)]);
    }

    private static void Write(ModelRunner runner, Parameter parameter, float[] elements)
    {
        string slot = runner.Model.Model.Names.Of(parameter);
        ParameterLayout layout = runner.Model.Model.Graph.LayoutOf(parameter);
        Tensor matrix = SlotOf(runner.State, slot);
        if (matrix.Type == TensorType.Float32)
        {
            layout.ToMatrix<float>(elements, matrix.Float32);
            return;
        }

        int exponent = IntegerLowering.MasterBits - runner.Model.Exponents[slot];
        int[] masters = new int[elements.Length];
        for (int i = 0; i < masters.Length; i++)
        {
            double scaled = Math.ScaleB(elements[i], exponent);
            masters[i] = (int)Math.Clamp(Math.Round(scaled, MidpointRounding.ToEven), -MasterLimit, MasterLimit);
        }

        layout.ToMatrix<int>(masters, matrix.Int32);
    }

    private static ValidationResult CheckNames(CompiledModel model, StateDict tensors)
    {
        HashSet<string> known = [.. UsedParameters(model).Select(static p => p.Name), .. model.Spec.Model.NamedBuffers().Select(static b => b.Path)];
        string[] missing = [.. Order(model.Spec.Model).Where(name => known.Contains(name) && !tensors.Contains(name))];
        string[] unknown = [.. tensors.Names.Where(name => !known.Contains(name))];
        if (missing.Length == 0 && unknown.Length == 0)
        {
            return ValidationResult.Ok;
        }

        string message = $"Missing keys: {Quote(missing)}. Keys that the model does not have: {Quote(unknown)}.";
        return ValidationResult.Fail(ValidationCode.Malformed, missing.Concat(unknown).First(), message);
    }

    private static string Quote(string[] names)
    {
        const int shown = 8;
        string list = names.Length == 0 ? "none" : string.Join(", ", names.Take(shown).Select(static name => $"'{name}'"));
        return names.Length > shown ? $"{list} and {names.Length - shown} more" : list;
    }

    private static ValidationResult TryTake(StateTensor tensor, string name, ReadOnlySpan<long> shape, out float[] elements)
    {
        elements = [];
        ValidationResult result = CheckShape(tensor, name, shape);
        if (!result.IsValid)
        {
            return result;
        }

        try
        {
            elements = tensor.ToFloat32();
        }
        catch (StateDictException problem)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, name, $"'{name}': {problem.Message}");
        }

        int bad = Array.FindIndex(elements, static e => !float.IsFinite(e));
        return bad < 0 ? ValidationResult.Ok : ValidationResult.Fail(ValidationCode.OutOfRange, name, $"Element {bad} of '{name}' is {elements[bad]}.");
    }

    private static ValidationResult TryTake(ModelRunner runner, StateTensor tensor, string name, StateBuffer buffer, List<Action> writes)
    {
        Tensor slot = SlotOf(runner.State, runner.Model.Model.Names.Of(buffer));
        if (!buffer.IsCounter)
        {
            ValidationResult result = TryTake(tensor, name, [buffer.Length], out float[] elements);
            writes.Add(() => elements.CopyTo(slot.Float32));
            return result;
        }

        ValidationResult shape = CheckShape(tensor, name, []);
        if (!shape.IsValid)
        {
            return shape;
        }

        try
        {
            int count = tensor.ToInt32()[0];
            writes.Add(() => slot.Int32[0] = count);
            return ValidationResult.Ok;
        }
        catch (StateDictException problem)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, name, $"'{name}': {problem.Message}");
        }
    }
}
