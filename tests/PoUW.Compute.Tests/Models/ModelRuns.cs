using System.Security.Cryptography;
using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>Compiles and runs models in tests.</summary>
internal static class ModelRuns
{
    /// <summary>Compiles, or fails the test.</summary>
    public static CompiledModel Compile(TrainingSpec spec, int datasetSize)
    {
        ValidationResult result = ModelCompiler.TryCompile(spec, datasetSize, VmLimits.Default, out CompiledModel? model);
        Assert.That(result.IsValid, Is.True, result.ToString());
        return model!;
    }

    /// <summary>Trains from a seed and returns a hash over the whole state.</summary>
    public static string Train(ModelRunner runner, IReadOnlyList<(string Name, Tensor Tensor)> inputs, int steps)
    {
        foreach ((string name, Tensor tensor) in inputs)
        {
            runner.SetInput(name, tensor);
        }

        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        runner.Train(0, steps);
        return HashOf(runner);
    }

    /// <summary>A hash over the whole state.</summary>
    public static string HashOf(ModelRunner runner) => HashOf(runner.State);

    /// <summary>A hash over the whole state.</summary>
    public static string HashOf(IReadOnlyList<(string Name, Tensor Tensor)> state)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((_, Tensor tensor) in state)
        {
            hash.AppendData(tensor.Bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Runs with the definitions, eager.</summary>
    public static ModelRunner EagerScalar(CompiledModel model) => new EagerRunner(model, new ScalarBackend());

    /// <summary>Sets a parameter from elements in PyTorch's order (lane R).</summary>
    public static void Set(ModelRunner runner, string name, ReadOnlySpan<float> elements) =>
        LayoutOf(runner, name).ToMatrix(elements, Slot(runner, name).Float32);

    /// <summary>A parameter in PyTorch's order (lane R).</summary>
    public static float[] Get(ModelRunner runner, string name)
    {
        float[] elements = new float[LayoutOf(runner, name).Length];
        LayoutOf(runner, name).FromMatrix(Slot(runner, name).Float32, elements);
        return elements;
    }

    /// <summary>
    /// The gradient of a parameter in PyTorch's order, after the first step of <c>new Sgd(0, Momentum: 0.5f)</c>: the momentum of one
    /// step is the gradient itself.
    /// </summary>
    public static float[] Gradient(ModelRunner runner, string name)
    {
        float[] elements = new float[LayoutOf(runner, name).Length];
        LayoutOf(runner, name).FromMatrix(Slot(runner, name + ".momentum_buffer").Float32, elements);
        return elements;
    }

    /// <summary>Master weights in PyTorch's order (lane I).</summary>
    public static int[] GetInt32(ModelRunner runner, string name) => InOrder(runner, name, Slot(runner, name));

    /// <summary>Momentum in PyTorch's order (lane I).</summary>
    public static int[] GetMomentum(ModelRunner runner, string name) => InOrder(runner, name, Slot(runner, name + ".momentum_buffer"));

    /// <summary>PyTorch's shape of a parameter.</summary>
    public static IReadOnlyList<int> ShapeOf(ModelRunner runner, string name) => ParameterOf(runner, name).Shape;

    /// <summary>The live tensor of a state slot.</summary>
    public static Tensor Slot(ModelRunner runner, string name) => runner.State.First(s => s.Name == name).Tensor;

    /// <summary>True if a state slot holds a parameter.</summary>
    public static bool IsParameter(ModelRunner runner, string name) =>
        runner.Model.Model.Names.Parameters.Exists(p => runner.Model.Model.Names.Of(p) == name);

    private static int[] InOrder(ModelRunner runner, string name, Tensor tensor)
    {
        int[] elements = new int[tensor.Length];
        LayoutOf(runner, name).FromMatrix(tensor.Int32, elements);
        return elements;
    }

    private static Parameter ParameterOf(ModelRunner runner, string name) =>
        runner.Model.Model.Names.Parameters.First(p => runner.Model.Model.Names.Of(p) == name);

    private static ParameterLayout LayoutOf(ModelRunner runner, string name) => runner.Model.Model.Graph.LayoutOf(ParameterOf(runner, name));
}
