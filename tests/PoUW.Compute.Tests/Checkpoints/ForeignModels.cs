using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;

namespace PoUW.Compute.Tests.Checkpoints;

/// <summary>The models of Goldens/pytorch/make_state_dicts.py, written as a user would write them.</summary>
internal static class ForeignModels
{
    public sealed class LeNet : Module
    {
        private readonly Conv2d _conv1;
        private readonly Conv2d _conv2;
        private readonly Linear _fc1;
        private readonly Linear _fc2;

        public LeNet()
        {
            _conv1 = Register("conv1", new Conv2d(1, 4, 5));
            _conv2 = Register("conv2", new Conv2d(4, 8, 5));
            _fc1 = Register("fc1", new Linear(128, 16));
            _fc2 = Register("fc2", new Linear(16, 10));
        }

        protected override GraphValue Forward(GraphValue input)
        {
            GraphValue x = Functional.MaxPool2d(Functional.Relu(_conv1.Apply(input)), 2);
            x = Functional.MaxPool2d(Functional.Relu(_conv2.Apply(x)), 2);
            return _fc2.Apply(Functional.Relu(_fc1.Apply(Functional.Flatten(x))));
        }
    }

    public sealed class ResNet : Module
    {
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn1;
        private readonly Block _layer1;
        private readonly Block _layer2;

        public ResNet()
        {
            _conv1 = Register("conv1", new Conv2d(3, 4, 3, padding: 1, bias: false));
            _bn1 = Register("bn1", new BatchNorm2d(4));
            _layer1 = Register("layer1", new Block(4, 4, 1));
            _layer2 = Register("layer2", new Block(4, 6, 2));
        }

        protected override GraphValue Forward(GraphValue input)
        {
            GraphValue x = _layer2.Apply(_layer1.Apply(Functional.Relu(_bn1.Apply(_conv1.Apply(input)))));
            return Functional.Flatten(Functional.AdaptiveAvgPool2d(x, 1));
        }
    }

    public sealed class Gpt : Module
    {
        private readonly Embedding _tokens;
        private readonly PositionEmbedding _positions;
        private readonly Sequential _blocks;
        private readonly LayerNorm _norm;
        private readonly Linear _head;

        public Gpt()
        {
            _tokens = Register("wte", new Embedding(24, 12));
            _positions = Register("wpe", new PositionEmbedding(8, 12));
            _blocks = Register("blocks", new Sequential(
                new TransformerEncoderLayer(12, 2, 24, causal: true), new TransformerEncoderLayer(12, 2, 24, causal: true)));
            _norm = Register("ln_f", new LayerNorm(12));
            _head = Register("lm_head", new Linear(_tokens.Weight));
        }

        protected override GraphValue Forward(GraphValue input) =>
            _head.Apply(_norm.Apply(_blocks.Apply(_positions.Apply(_tokens.Apply(input)))));
    }

    private sealed class Block : Module
    {
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn1;
        private readonly Conv2d _conv2;
        private readonly BatchNorm2d _bn2;
        private readonly Sequential _downsample;

        public Block(int inputs, int outputs, int stride)
        {
            _conv1 = Register("conv1", new Conv2d(inputs, outputs, 3, stride, 1, bias: false));
            _bn1 = Register("bn1", new BatchNorm2d(outputs));
            _conv2 = Register("conv2", new Conv2d(outputs, outputs, 3, 1, 1, bias: false));
            _bn2 = Register("bn2", new BatchNorm2d(outputs));
            _downsample = Register("downsample", new Sequential(
                new Conv2d(inputs, outputs, 1, stride, bias: false), new BatchNorm2d(outputs)));
        }

        protected override GraphValue Forward(GraphValue input)
        {
            GraphValue y = Functional.Relu(_bn1.Apply(_conv1.Apply(input)));
            return Functional.Relu(_bn2.Apply(_conv2.Apply(y)) + _downsample.Apply(input));
        }
    }
}
