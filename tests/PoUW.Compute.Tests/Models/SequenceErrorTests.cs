using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;

namespace PoUW.Compute.Tests.Models;

/// <summary>What is said about models over sequences that cannot be: the module and the sizes.</summary>
public sealed class SequenceErrorTests
{
    private const int Width = TokenNetwork.Width;

    private static IEnumerable<TestCaseData> WrongModels =>
    [
        Case("heads", "body", "8 features cannot be shared by 3 heads", new TokenNetwork(new MultiheadAttention(Width, 3))),
        Case("no heads", "body", "8 features cannot be shared by 0 heads", new TokenNetwork(new MultiheadAttention(Width, 0))),
        Case("attention dropout", "body", "below 1, not 1", new TokenNetwork(new MultiheadAttention(Width, 2, dropout: 1))),
        Case("attention width", "body", "8 features; the weights take 6", new TokenNetwork(new MultiheadAttention(6, 2))),
        Case("encoder heads", "body.self_attn", "cannot be shared by 5 heads", new TokenNetwork(new TransformerEncoderLayer(Width, 5))),
        Case("indices into a Linear", "0", "holds indices; an Embedding", new Sequential(new Linear(SequenceGoldens.Time, 3))),
        Case("indices into a norm", "0", "holds indices; an Embedding", new Sequential(new LayerNorm(SequenceGoldens.Time))),
        Case("an Embedding twice", "1", "holds numbers", new Sequential(new Embedding(7, 8), new Embedding(7, 8))),
        Case("positions of indices", "0", "holds indices", new Sequential(new PositionEmbedding(9, 5))),
        Case("too few positions", "wpe", "5 positions; the table has 4", new TokenNetwork(positions: 4)),
        Case("width of positions", "1", "8 features; the table has 9", new Sequential(new Embedding(7, 8), new PositionEmbedding(9, 9))),
        Case("block size", "transformer.wpe", "5 positions; the table has 4", new Gpt(new GptConfig(7, 4) { Layers = 1, Heads = 1, Width = 4 })),
        Case("width of a norm", "body", "8 features; the norm takes 9", new TokenNetwork(new LayerNorm(9))),
        Case("no packed parts", "0.attention", "no multiple of 3", new Sequential(new Unpacked())),
        Case("answers of the whole window", "loss", "an answer for each of the 5 tokens", new Sequential(new Embedding(7, 8), new Flatten(), new Linear(40, 7))),
    ];

    [TestCaseSource(nameof(WrongModels))]
    public void Wrong_models_are_named(Module model, string field, string message)
    {
        ValidationResult result = Compile(SequenceGoldens.Spec(model));
        Assert.That(result.Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(result.Field, Is.EqualTo(field), result.Message);
        Assert.That(result.Message, Does.Contain(message));
    }

    private static IEnumerable<TestCaseData> WrongSpecs =>
    [
        new TestCaseData(SequenceGoldens.Spec(new TokenNetwork()) with { Input = new TokenInput(0) }, "input", "at least 1, not 0").SetArgDisplayNames("no tokens"),
        new TestCaseData(
            SequenceGoldens.Spec(new Sequential(new Flatten(), new Linear(36, 7))) with { Input = new ImageInput(1, 6, 6) }, "loss", "no TokenInput")
            .SetArgDisplayNames("next token of images"),
        new TestCaseData(
            SequenceGoldens.Spec(new Sequential(new Embedding(7, 8))) with { Input = new ImageInput(1, 6, 6) }, "0", "holds numbers")
            .SetArgDisplayNames("an Embedding of images"),
        new TestCaseData(
            SequenceGoldens.Spec(new TokenNetwork()) with { Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)) }, "input", "lane I")
            .SetArgDisplayNames("lane I"),
    ];

    [TestCaseSource(nameof(WrongSpecs))]
    public void Wrong_specs_are_named(TrainingSpec spec, string field, string message)
    {
        ValidationResult result = Compile(spec);
        Assert.That(result.Field, Is.EqualTo(field), result.Message);
        Assert.That(result.Message, Does.Contain(message));
    }

    private static IEnumerable<TestCaseData> WrongConfigs =>
    [
        new(new GptConfig(0), "VocabularySize", "not 0"),
        new(new GptConfig(5, 0), "BlockSize", "not 0"),
        new(new GptConfig(5) { Layers = -1 }, "Layers", "not -1"),
        new(new GptConfig(5) { Heads = 0 }, "Heads", "not 0"),
        new(new GptConfig(5) { Width = 0 }, "Width", "not 0"),
        new(new GptConfig(5) { Heads = 7 }, "Heads", "768 features cannot be shared by 7 heads"),
        new(new GptConfig(5) { Dropout = 1 }, "Dropout", "not 1"),
    ];

    [TestCaseSource(nameof(WrongConfigs))]
    public void Wrong_sizes_of_a_gpt_are_named(GptConfig config, string field, string message)
    {
        ValidationResult result = config.Validate();
        Assert.That(result.Field, Is.EqualTo(field));
        Assert.That(result.Message, Does.Contain(message));
        Assert.That(() => new Gpt(config), Throws.ArgumentException.With.Message.Contains(message));
    }

    private static ValidationResult Compile(TrainingSpec spec) => ModelCompiler.TryCompile(spec, SequenceGoldens.Batch, VmLimits.Default, out _);

    private static TestCaseData Case(string name, string field, string message, Module model) =>
        new TestCaseData(model, field, message).SetArgDisplayNames(name);

    /// <summary>Attention over values that are not packed.</summary>
    private sealed class Unpacked : Module
    {
        private readonly Embedding _embedding;
        private readonly Attention _attention;

        public Unpacked()
        {
            _embedding = Register("embedding", new Embedding(7, 8));
            _attention = Register("attention", new Attention());
        }

        protected override GraphValue Forward(GraphValue input) =>
            _attention.Apply(_embedding.Apply(input));
    }

    private sealed class Attention : Module
    {
        protected override GraphValue Forward(GraphValue input) =>
            Functional.SelfAttention(input, 2);
    }
}
