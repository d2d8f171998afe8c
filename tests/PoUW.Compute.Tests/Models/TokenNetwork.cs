using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;

namespace PoUW.Compute.Tests.Models;

/// <summary>An embedding, positions if given, a body and a head, with the names that make_sequence_goldens.py uses.</summary>
internal sealed class TokenNetwork : Module
{
    public const int Vocabulary = 7;
    public const int Width = 8;

    private readonly Embedding _embedding;
    private readonly PositionEmbedding? _positions;
    private readonly Module? _body;
    private readonly Linear _head;

    public TokenNetwork(Module? body = null, bool tied = false, int positions = 0)
    {
        _embedding = Register("wte", new Embedding(Vocabulary, Width));
        _positions = positions > 0 ? Register("wpe", new PositionEmbedding(positions, Width)) : null;
        _body = body is null ? null : Register("body", body);
        _head = Register("head", tied ? new Linear(_embedding.Weight) : new Linear(Width, Vocabulary));
    }

    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue value = _embedding.Apply(input);
        value = _positions?.Apply(value) ?? value;
        return _head.Apply(_body?.Apply(value) ?? value);
    }
}
