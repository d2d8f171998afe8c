using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.StateDicts;

/// <summary>
/// Turns the state of a model that was trained in lane I into a safetensors file. For every parameter: its PyTorch name and shape (F32),
/// "NAME.master" (I32, the matrix of the machine, Q16) and "NAME.exp" (I32 scalar). The floats are exact: master * 2^(exponent - 16).
/// They take the inputs of lane I, see <see cref="ImageInput"/>.
/// </summary>
public static class ModelExport
{
    /// <summary>Builds the file.</summary>
    /// <param name="model">The model that the state belongs to, compiled for any data set.</param>
    /// <param name="state">State slots, for example of a machine.</param>
    /// <param name="metadata">Text for the header, such as the hash of the job's manifest; "format" is added.</param>
    /// <exception cref="ArgumentException">The model is not of lane I, or the state is not that of the model.</exception>
    public static SafetensorFile Create(
        CompiledModel model, IReadOnlyList<(string Name, Tensor Tensor)> state, IReadOnlyDictionary<string, string> metadata)
    {
        if (model.Spec.Lane != Lane.Integer)
        {
            throw new ArgumentException("The model is not of lane I.", nameof(model));
        }

        List<KeyValuePair<string, StateTensor>> tensors = [];
        IReadOnlyDictionary<Parameter, int> exponents = IntegerExponents.Of(model.Spec, model.Model);
        foreach (Parameter parameter in model.Model.Names.Parameters)
        {
            string name = model.Model.Names.Of(parameter);
            ParameterLayout layout = model.Model.Graph.LayoutOf(parameter);
            Tensor? master = state.FirstOrDefault(s => s.Name == name).Tensor;
            if (master is null || master.Type != TensorType.Int32 || master.Rows != layout.Rows || master.Columns != layout.Columns)
            {
                throw new ArgumentException($"The state has no Int32 tensor '{name}' of the model's shape.", nameof(state));
            }

            tensors.Add(new(name, StateTensor.FromFloat32(ToFloats(master, layout, exponents[parameter]), [.. parameter.Shape.Select(static n => (long)n)])));
            tensors.Add(new(name + ".master", StateTensor.FromInt32(master.Int32, master.Rows, master.Columns)));
            tensors.Add(new(name + ".exp", StateTensor.FromInt32([exponents[parameter]])));
        }

        Dictionary<string, string> text = new(metadata, StringComparer.Ordinal) { ["format"] = "pt" };
        return new SafetensorFile(new StateDict(tensors), text);
    }

    private static float[] ToFloats(Tensor master, ParameterLayout layout, int exponent)
    {
        int[] elements = new int[master.Length];
        layout.FromMatrix(master.Int32, elements);

        // Masters are below 2^22, so the conversion and the scaling by a power of two are exact.
        return [.. elements.Select(m => MathF.ScaleB(m, exponent - IntegerLowering.MasterBits))];
    }
}
