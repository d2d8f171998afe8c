using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.Schedules;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>
/// Trains small models and hashes all that came out: every bit of weights, buffers and optimiser, and the measured losses. A machine, a
/// number of threads or a runner that gives another hash than the others is wrong. Stateless; members may be called from any thread.
/// </summary>
public static class ModelConformance
{
    private const int Samples = 128;
    private const int Side = 10;
    private const int Classes = 6;
    private const int Batch = 16;
    private const int Letters = 12;
    private const int Window = 12;

    /// <summary>The names that <see cref="Train"/> takes.</summary>
    public static IReadOnlyList<string> Models { get; } = ["mlp-i", "mlp-r", "cnn-i", "cnn-r", "transformer-r"];

    /// <summary>Trains a model and returns the hash, hexadecimal.</summary>
    /// <param name="model">One of <see cref="Models"/>.</param>
    /// <param name="steps">Training steps.</param>
    /// <param name="start">Makes the runner: this chooses machine or eager, kernels and threads.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static string Train(string model, int steps, Func<CompiledModel, ModelRunner> start)
    {
        (TrainingSpec spec, Dataset data) = Create(model);
        ValidationResult result = ModelCompiler.TryCompile(spec, data.Count, VmLimits.Default, out CompiledModel? compiled);
        if (!result.IsValid)
        {
            throw new InvalidOperationException($"The model '{model}' does not compile: {result}");
        }

        ModelRunner runner = start(compiled!);
        _ = runner.TrySetData(data) is { IsValid: false } problem ? throw new InvalidOperationException(problem.ToString()) : true;
        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (StepMetrics step in runner.Train(0, steps).Append(runner.Evaluate()))
        {
            Append(hash, step);
        }

        foreach ((_, Tensor tensor) in runner.State)
        {
            hash.AppendData(tensor.Bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, StepMetrics step)
    {
        Span<byte> bytes = stackalloc byte[3 * sizeof(long)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, step.Loss);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(long)..], step.Correct);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[(2 * sizeof(long))..], step.Answers);
        hash.AppendData(bytes);
    }

    private static (TrainingSpec Spec, Dataset Data) Create(string model) => model switch
    {
        "mlp-i" => (Images(Perceptron(), Integer()), Pictures()),
        "mlp-r" => (Images(Perceptron(), new Sgd(0.05f, Momentum: 0.9f, WeightDecay: 1e-4f, Nesterov: true)), Pictures()),
        "cnn-i" => (Images(Convolutions(), Integer()), Pictures()),
        "cnn-r" => (Images(Normalised(), new Sgd(0.05f, Momentum: 0.9f)), Pictures()),
        "transformer-r" => (Text(), Sentences()),
        _ => throw new ArgumentException($"There is no model '{model}'.", nameof(model)),
    };

    private static Dataset Pictures() => SyntheticImages.Create(Classes, Samples, Side, seed: 3);

    private static IntegerMomentum Integer() => new(IntegerRateSchedule.Constant(11));

    private static TrainingSpec Images(Module model, Optimiser optimiser) => new()
    {
        Model = model,
        Input = new ImageInput(1, Side, Side),
        Optimiser = optimiser,
        BatchSize = Batch,
        MaskSeed = 5,
    };

    private static TrainingSpec Text() => new()
    {
        Model = new Gpt(new GptConfig(Letters, Window) { Layers = 2, Heads = 2, Width = 16, Dropout = 0.1f }),
        Input = new TokenInput(Window),
        Loss = new CrossEntropyLoss { OfNextToken = true },
        Optimiser = new AdamW(3e-3f) { Schedule = LearningRateSchedule.Cosine(100), ClipNorm = 1 },
        BatchSize = Batch,
        MaskSeed = 5,
    };

    /// <summary>Windows of a periodic text with irregular letters: something to learn, the same on every machine.</summary>
    private static Dataset Sentences()
    {
        byte[] tokens = new byte[Samples * (Window + 1)];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = (byte)(i % 7 == 0 ? Philox4x32.Block(9, 0, (ulong)i).X0 % Letters : (uint)(i * 5 % Letters));
        }

        return Dataset.FromColumns([(new DatasetColumn("tokens", TensorType.UInt8, [Window + 1]), tokens)]);
    }

    private static Sequential Perceptron() =>
        new(new Flatten(), new Linear(Side * Side, 40), new ReLU(), new Linear(40, Classes));

    private static Sequential Convolutions() => new(
        new Conv2d(1, 8, 3, padding: 1), new ReLU(), new MaxPool2d(2), new Conv2d(8, 12, 3), new ReLU(), new Flatten(), new Linear(108, Classes));

    private static Sequential Normalised() => new(
        new Conv2d(1, 8, 3, padding: 1), new BatchNorm2d(8), new ReLU(), new MaxPool2d(2),
        new Conv2d(8, 12, 3), new ReLU(), new Flatten(), new Dropout(0.2f), new Linear(108, Classes));
}
