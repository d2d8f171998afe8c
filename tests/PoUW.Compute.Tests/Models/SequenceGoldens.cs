using System.Text.Json;
using PoUW.Compute.Compilation;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.Tests.StateDicts;
using PoUW.Core.Primitives;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>What Goldens/pytorch/make_sequence_goldens.py wrote, and the same models here.</summary>
internal static class SequenceGoldens
{
    public const int Time = 5;
    public const int Batch = 3;

    /// <summary>A part of the file.</summary>
    public static JsonElement Read(string part, string name)
    {
        using JsonDocument document = JsonDocument.Parse(Goldens.Read("sequence.json"));
        return document.RootElement.GetProperty(part).GetProperty(name).Clone();
    }

    public static float[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(static x => x.GetSingle())];

    /// <summary>The windows of tokens that PyTorch saw.</summary>
    public static Tensor Windows()
    {
        using JsonDocument document = JsonDocument.Parse(Goldens.Read("sequence.json"));
        Tensor tensor = new(TensorType.Int32, Batch, Time + 1);
        int[] tokens = [.. document.RootElement.GetProperty("windows").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(t => t.GetInt32()))];
        tokens.CopyTo(tensor.Int32);
        return tensor;
    }

    public static TrainingSpec Spec(Module model, FloatOptimiser? optimiser = null) => new()
    {
        Model = model,
        Input = new TokenInput(Time),
        Loss = new CrossEntropyLoss { OfNextToken = true },
        Optimiser = optimiser ?? new Sgd(0, Momentum: 0.5f),
        BatchSize = Batch,
    };

    /// <summary>A runner with the weights of the script: a pattern of 24-bit numbers, around 1 for the weights of norms.</summary>
    public static ModelRunner Start(TrainingSpec spec, ITensorBackend? backend = null)
    {
        EagerRunner runner = new(ModelRuns.Compile(spec, Batch), backend ?? new ScalarBackend());
        runner.SetInput("tokens", Windows());
        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        (string Name, Parameter Parameter)[] parameters = [.. spec.Model.NamedParameters().DistinctBy(static p => p.Parameter)];
        for (int number = 0; number < parameters.Length; number++)
        {
            (string name, Parameter parameter) = parameters[number];
            bool isNorm = parameter.Shape.Count == 1 && name.EndsWith("weight", StringComparison.Ordinal);
            ModelRuns.Set(runner, name, Pattern(number, parameter.Shape.Aggregate(1, static (a, b) => a * b), isNorm ? 1 : 0));
        }

        return runner;
    }

    /// <summary>Asserts that numbers are within a part of the largest of them, and returns the largest difference.</summary>
    public static double AssertClose(float[] found, float[] expected, double tolerance, string what)
    {
        Assert.That(found, Has.Length.EqualTo(expected.Length), what);
        double scale = Math.Max(1, expected.Max(Math.Abs));
        double largest = found.Zip(expected, static (a, b) => (double)Math.Abs(a - b)).Max();
        Assert.That(largest, Is.LessThanOrEqualTo(tolerance * scale), what);
        return largest;
    }

    private static float[] Pattern(int number, int count, float offset)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            uint word = unchecked((((uint)i * 2654435761u) + ((uint)number * 40503u) + 12345u) * 2246822519u);
            values[i] = ((word >> 8) / (float)(1 << 24)) - 0.5f + offset;
        }

        return values;
    }
}
