using System.Text;
using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Data.Text;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.Schedules;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>Models over sequences while they train: the same bits everywhere, dropout, learning.</summary>
public sealed class SequenceRunTests
{
    private const int Windows = 8;
    private const int Batch = 4;

    private static IEnumerable<TestCaseData> Specs =>
    [
        new(Spec(new Gpt(SequenceModels.Config(layers: 2, tied: true, dropout: 0.2f)), new AdamW(0.01f)
        {
            ClipNorm = 0.5f, DecayOnlyMatrices = true, Schedule = LearningRateSchedule.Cosine(10).WithWarmUp(3),
        })) { TestName = "{m}(Gpt, AdamW)" },
        new(Spec(new Gpt(SequenceModels.Config(layers: 1, tied: false) with { Bias = false }), new Adam(0.01f))) { TestName = "{m}(Gpt without biases, Adam)" },
        new(Spec(
            new TokenNetwork(new TransformerEncoderLayer(TokenNetwork.Width, 2, 12), tied: true, positions: 9), new Sgd(0.1f, Momentum: 0.9f)))
        {
            TestName = "{m}(encoder, Sgd)",
        },
    ];

    [TestCaseSource(nameof(Specs))]
    public void Eager_and_machine_give_the_same_bits(TrainingSpec spec)
    {
        CompiledModel model = ModelRuns.Compile(spec, Windows);
        using CpuBackend eager = new();
        using CpuBackend machine = new();
        (string, Tensor)[] inputs = [("tokens", RandomWindows())];
        string expected = ModelRuns.Train(ModelRuns.EagerScalar(model), inputs, 6);
        Assert.That(ModelRuns.Train(new EagerRunner(model, eager), inputs, 6), Is.EqualTo(expected));
        MachineRunner last = new(model, machine);
        Assert.That(ModelRuns.Train(last, inputs, 6), Is.EqualTo(expected));
        StepMetrics metrics = last.Evaluate();
        Assert.That(metrics.Answers, Is.EqualTo(Windows * SequenceGoldens.Time));
        Assert.That(double.IsFinite(metrics.Loss), Is.True);
    }

    [Test]
    public void Attention_drops_weights_only_while_training()
    {
        ModelRunner with = Run(0.5f);
        ModelRunner without = Run(0);
        Assert.That(with.Predict(0), Is.EqualTo(without.Predict(0)));
        double dropped = with.Train(0, 1)[0].Loss;
        double whole = without.Train(0, 1)[0].Loss;
        Assert.That(dropped, Is.Not.EqualTo(whole));
        Assert.That(with.Train(1, 1)[0].Loss, Is.Not.EqualTo(dropped), "Every step has its own mask.");

        static ModelRunner Run(float dropout) => SequenceGoldens.Start(SequenceGoldens.Spec(
            new TokenNetwork(new MultiheadAttention(TokenNetwork.Width, 2, dropout)), new Sgd(0)));
    }

    [Test]
    public void A_causal_model_does_not_see_the_future()
    {
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(new Gpt(SequenceModels.Config(layers: 2, tied: true))));
        float[] before = runner.Predict(0);
        Tensor windows = SequenceGoldens.Windows();
        const int changed = 3;
        windows.Int32[changed] = (windows.Int32[changed] + 1) % TokenNetwork.Vocabulary;
        runner.SetInput("tokens", windows);
        float[] after = runner.Predict(0);
        int same = changed * TokenNetwork.Vocabulary;
        Assert.That(after[..same], Is.EqualTo(before[..same]));
        Assert.That(after[same..(same + TokenNetwork.Vocabulary)], Is.Not.EqualTo(before[same..(same + TokenNetwork.Vocabulary)]));
    }

    [Test]
    public void Windows_can_have_labels()
    {
        Sequential model = new(
            new Embedding(TokenNetwork.Vocabulary, TokenNetwork.Width), new TransformerEncoderLayer(TokenNetwork.Width, 2, 12, dropout: 0),
            new Flatten(), new Linear(SequenceGoldens.Time * TokenNetwork.Width, 2));
        TrainingSpec spec = Spec(model, new Adam(0.02f)) with { Loss = new CrossEntropyLoss() };
        Tensor windows = RandomWindows();
        Tensor labels = new(TensorType.UInt8, Windows, 1);
        for (int i = 0; i < Windows; i++)
        {
            labels.UInt8[i] = (byte)(windows.Int32[i * (SequenceGoldens.Time + 1)] > 2 ? 1 : 0);
        }

        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(spec, Windows));
        ModelRuns.Train(runner, [("tokens", windows), ("labels", labels)], 40);
        Assert.That(runner.Evaluate().Accuracy, Is.EqualTo(1));
    }

    [Test]
    public void A_gpt_starts_as_GPT_2()
    {
        GptConfig config = new(50, 32) { Layers = 2, Heads = 2, Width = 64 };
        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(
            SequenceGoldens.Spec(new Gpt(config)) with { Input = new TokenInput(8) }, SequenceGoldens.Batch));
        runner.Initialise(3);
        Assert.That(Deviation("transformer.wte.weight"), Is.EqualTo(0.02).Within(0.001));
        Assert.That(Deviation("transformer.h.1.mlp.c_fc.weight"), Is.EqualTo(0.02).Within(0.001));
        Assert.That(Deviation("transformer.h.1.mlp.c_proj.weight"), Is.EqualTo(0.01).Within(0.0005));
        Assert.That(Deviation("transformer.h.0.attn.c_proj.weight"), Is.EqualTo(0.01).Within(0.0005));
        Assert.That(ModelRuns.Get(runner, "transformer.h.0.attn.c_proj.bias"), Has.All.Zero);
        Assert.That(ModelRuns.Get(runner, "transformer.ln_f.weight"), Has.All.EqualTo(1));

        double Deviation(string name) => Math.Sqrt(ModelRuns.Get(runner, name).Average(static x => (double)x * x));
    }

    [Test]
    public void A_small_gpt_learns_a_text()
    {
        TextCorpus corpus = Corpus();
        const int length = 16;
        Dataset windows = corpus.ToWindows(length);
        GptConfig config = new(corpus.Vocabulary.Count, length) { Layers = 1, Heads = 2, Width = 32 };
        TrainingSpec spec = Spec(new Gpt(config), new AdamW(5e-3f) { ClipNorm = 1, Schedule = LearningRateSchedule.Constant.WithWarmUp(10) }) with
        {
            Input = new TokenInput(length),
            BatchSize = 16,
        };
        using CpuBackend backend = new();
        EagerRunner runner = new(ModelRuns.Compile(spec, windows.Count), backend);
        runner.SetInput("tokens", windows.ToTensor("tokens", TensorType.Int32));
        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        Assert.That(runner.Evaluate().Loss, Is.EqualTo(Math.Log(config.VocabularySize)).Within(0.3));
        runner.Train(0, 200);
        StepMetrics after = runner.Evaluate();
        double unigram = UnigramEntropy(corpus.AsSpan());
        TestContext.Out.WriteLine($"{windows.Count} windows, {config.VocabularySize} symbols, unigram entropy {unigram:f3}, loss {after.Loss:f3} nats");
        Assert.That(after.Loss, Is.LessThan(0.5 * unigram));
    }

    /// <summary>Sentences of a small grammar in random order.</summary>
    private static TextCorpus Corpus()
    {
        Random random = new(11);
        string[] subjects = ["the cat", "a dog", "my friend", "the old king"];
        string[] verbs = ["sees", "likes", "hears", "follows"];
        StringBuilder text = new();
        for (int i = 0; i < 150; i++)
        {
            text.Append(subjects[random.Next(4)]).Append(' ').Append(verbs[random.Next(4)]).Append(' ').Append(subjects[random.Next(4)]).Append(".\n");
        }

        ValidationResult result = TextCorpus.TryParse(
            Encoding.UTF8.GetBytes(text.ToString()), "grammar", TextOptions.Default, DataLimits.Default, out TextCorpus? corpus);
        Assert.That(result.IsValid, Is.True, result.ToString());
        return corpus!;
    }

    private static double UnigramEntropy(ReadOnlySpan<int> tokens)
    {
        double count = tokens.Length;
        return tokens.ToArray().CountBy(static t => t).Sum(pair => -(pair.Value / count) * Math.Log(pair.Value / count));
    }

    private static TrainingSpec Spec(Module model, FloatOptimiser optimiser) =>
        SequenceGoldens.Spec(model, optimiser) with { BatchSize = Batch, MaskSeed = 77 };

    private static Tensor RandomWindows()
    {
        Random random = new(3);
        Tensor windows = new(TensorType.Int32, Windows, SequenceGoldens.Time + 1);
        foreach (ref int token in windows.Int32)
        {
            token = random.Next(TokenNetwork.Vocabulary);
        }

        return windows;
    }
}
