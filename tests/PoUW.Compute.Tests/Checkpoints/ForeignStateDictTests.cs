using System.Text.Json;
using PoUW.Compute.Backends;
using PoUW.Compute.Checkpoints;
using PoUW.Compute.Compilation;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.Tests.Models;
using PoUW.Compute.Tests.StateDicts;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Checkpoints;

/// <summary>State dicts that PyTorch wrote load by name, and the models predict what PyTorch predicted with them.</summary>
[TestFixture]
public sealed class ForeignStateDictTests
{
    [TestCase("lenet.pt", 3)]
    [TestCase("resnet.pt", 3)]
    [TestCase("gpt.pt", 2)]
    public void PyTorchsModelPredictsWhatPyTorchPredicts(string name, int samples)
    {
        using CpuBackend backend = new();
        (JsonElement input, float[] expected) = Prediction(name);
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(Spec(name, samples), samples), backend);
        runner.SetInput(name == "gpt.pt" ? "tokens" : "images", Input(name, samples, input));
        runner.Initialise(1);
        ValidationResult result = ModelWeights.TryRestore(runner, Read(name), strict: name != "gpt.pt");
        Assert.That(result.IsValid, Is.True, result.ToString());
        float[] found = runner.Predict(0);
        float largest = expected.Max(MathF.Abs);
        Assert.That(found, Is.EqualTo(expected).Within(1e-5f * Math.Max(largest, 1)));
    }

    [Test]
    public void AMaskAmongTheBuffersIsUnknownUnlessNamesMayDiffer()
    {
        using CpuBackend backend = new();
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(Spec("gpt.pt", 2), 2), backend);
        ValidationResult result = ModelWeights.TryRestore(runner, Read("gpt.pt"));
        Assert.That(result.Field, Is.EqualTo("mask"));
        Assert.That(result.Message, Does.Contain("Missing keys: none").And.Contain("'mask'"));
    }

    [TestCase("lenet.pt")]
    [TestCase("resnet.pt")]
    [TestCase("gpt.pt")]
    public void WhatWasLoadedIsSavedAsItWas(string name)
    {
        using CpuBackend backend = new();
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(Spec(name, 2), 2), backend);
        StateDict original = Read(name);
        ModelWeights.TryRestore(runner, original, strict: false);
        StateDict saved = ModelWeights.Capture(runner);
        Assert.That(saved.Names, Is.EqualTo(original.Names.Where(static n => n != "mask")));
        foreach ((string tensor, StateTensor value) in saved)
        {
            Assert.That(value.ToString(), Is.EqualTo(original[tensor].ToString()), tensor);
            Assert.That(value.Data.Span.SequenceEqual(original[tensor].Data.Span), tensor);
        }
    }

    private static TrainingSpec Spec(string name, int samples) => new()
    {
        Model = name switch { "lenet.pt" => new ForeignModels.LeNet(), "resnet.pt" => new ForeignModels.ResNet(), _ => (Module)new ForeignModels.Gpt() },
        Input = name switch { "lenet.pt" => new ImageInput(1, 28, 28), "resnet.pt" => new ImageInput(3, 8, 8), _ => (ModelInput)new TokenInput(7) },
        Loss = new CrossEntropyLoss { OfNextToken = name == "gpt.pt" },
        Optimiser = new Sgd(0.1f),
        BatchSize = samples,
    };

    private static StateDict Read(string name)
    {
        Assert.That(PyTorchFile.TryReadFile(Path.Combine(Goldens.Folder, name), PyTorchLimits.Default, out PyTorchValue? root).IsValid);
        Assert.That(PyTorchStateDicts.TryGet(root!, out StateDict? tensors).IsValid);
        return tensors!;
    }

    private static (JsonElement Input, float[] Output) Prediction(string name)
    {
        using JsonDocument document = JsonDocument.Parse(Goldens.Read("predictions.json"));
        JsonElement entry = document.RootElement.GetProperty(name).Clone();
        return (entry.GetProperty("input"), [.. entry.GetProperty("output").EnumerateArray().Select(static v => v.GetSingle())]);
    }

    /// <summary>Images come as (sample, channel, y, x) and are stored as (sample, y, x, channel); windows get one more token.</summary>
    private static Tensor Input(string name, int samples, JsonElement numbers)
    {
        int[] values = [.. numbers.EnumerateArray().Select(static v => v.GetInt32())];
        int width = values.Length / samples;
        if (name == "gpt.pt")
        {
            Tensor tokens = new(TensorType.Int32, samples, width + 1);
            for (int i = 0; i < values.Length; i++)
            {
                tokens.Int32[(i / width * (width + 1)) + (i % width)] = values[i];
            }

            return tokens;
        }

        int channels = name == "lenet.pt" ? 1 : 3;
        int pixels = width / channels;
        Tensor images = new(TensorType.UInt8, samples, width);
        for (int i = 0; i < values.Length; i++)
        {
            (int sample, int inside) = Math.DivRem(i, width);
            images.UInt8[(sample * width) + (inside % pixels * channels) + (inside / pixels)] = (byte)values[i];
        }

        return images;
    }
}
