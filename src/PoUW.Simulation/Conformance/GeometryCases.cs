using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>Cases of convolution and pooling.</summary>
internal static class GeometryCases
{
    public static TensorCase? TryCreate(CaseRandom random, TensorOp op, bool adversarial)
    {
        bool pooling = op.Name.Contains("_pool", StringComparison.Ordinal);
        bool lowering = op.Name is "im2col_int8" or "col2im_int32";
        if (!pooling && !lowering && !op.Name.StartsWith("conv2d", StringComparison.Ordinal))
        {
            return null;
        }

        Draw draw = new(random, adversarial, op, pooling);
        Tensor[] operands = pooling ? Pool(draw) : lowering ? Lower(draw) : Convolve(draw);
        return new TensorCase(operands, draw.Immediates(withGroups: op.Immediates.Count == 10), []);
    }

    private static Tensor[] Convolve(Draw draw)
    {
        Tensor Image(int operand) => draw.Create(operand, draw.InputRows, draw.InChannels);
        Tensor Weights(int operand) => draw.Create(operand, draw.Kernel * (draw.InChannels / draw.Groups), draw.OutChannels);
        Tensor Output(int operand) => draw.Create(operand, draw.OutputRows, draw.OutChannels);
        return draw.Name.Contains("input", StringComparison.Ordinal) ? [Image(0), Output(1), Weights(2)]
            : draw.Name.Contains("weight", StringComparison.Ordinal) ? [Weights(0), Output(1), Image(2)]
            : [Output(0), Image(1), Weights(2)];
    }

    private static Tensor[] Lower(Draw draw)
    {
        bool forward = draw.Name.StartsWith("im2col", StringComparison.Ordinal);
        (int rows, int columns) = (draw.OutputRows, draw.Kernel * draw.InChannels);
        return forward
            ? [draw.Create(0, rows, columns), draw.Create(1, draw.InputRows, draw.InChannels)]
            : [draw.Create(0, draw.InputRows, draw.InChannels), draw.Create(1, rows, columns)];
    }

    private static Tensor[] Pool(Draw draw)
    {
        bool gradient = draw.Name.Contains("gradient", StringComparison.Ordinal);
        bool isMaximum = draw.Name.StartsWith("max", StringComparison.Ordinal);
        Tensor output = draw.Create(gradient ? 1 : 0, draw.OutputRows, draw.InChannels);
        Tensor image = draw.Create(gradient ? 0 : draw.Count - 1, draw.InputRows, draw.InChannels);
        if (!isMaximum)
        {
            return gradient ? [image, output] : [output, image];
        }

        Tensor index = new(TensorType.Int32, draw.OutputRows, draw.InChannels);
        if (!gradient)
        {
            return [output, index, image];
        }

        Tensor drawn = CaseTensors.Below(draw.Random, TensorType.Int32, index.Length, draw.InputRows);
        drawn.Bytes.CopyTo(index.Bytes);
        return [image, output, index];
    }

    /// <summary>One drawn geometry.</summary>
    private sealed class Draw
    {
        private readonly int[] _values;
        private readonly bool _adversarial;
        private readonly TensorOp _op;

        public Draw(CaseRandom random, bool adversarial, TensorOp op, bool pooling)
        {
            (Random, _adversarial, _op) = (random, adversarial, op);
            (int kernelHeight, int kernelWidth) = (random.Range(1, 5), random.Range(1, 5));
            int padHeight = random.Range(0, kernelHeight / 2);
            int padWidth = random.Range(0, kernelWidth / 2);
            int height = random.Range(Math.Max(kernelHeight - (2 * padHeight), 1), 12);
            int width = random.Range(Math.Max(kernelWidth - (2 * padWidth), 1), 12);
            int stride = random.Chance(60) ? 1 : random.Range(1, 3);
            int strideWidth = random.Chance(80) ? stride : random.Range(1, 3);
            _values = [random.Range(1, 4), height, width, kernelHeight, kernelWidth, stride, strideWidth, padHeight, padWidth];
            Groups = pooling || random.Chance(70) || op.Immediates.Count < 10 ? 1 : random.Range(2, 4);
            InChannels = Groups * random.Range(1, random.Chance(20) ? 40 : 8);
            OutChannels = Groups * random.Range(1, random.Chance(30) ? 70 : 12);
            if (random.Large)
            {
                _values = pooling ? [8, 14, 14, 2, 2, 2, 2, 0, 0] : [8, 14, 14, 3, 3, 1, 1, 1, 1];
                (Groups, InChannels, OutChannels) = (1, 32, 32);
            }
        }

        public CaseRandom Random { get; }

        public string Name => _op.Name;

        public int Count => _op.Operands.Count;

        public int Groups { get; }

        public int InChannels { get; }

        public int OutChannels { get; }

        public int Kernel => _values[3] * _values[4];

        public int InputRows => _values[0] * _values[1] * _values[2];

        public int OutputRows =>
            _values[0] * Outputs(_values[1], _values[3], _values[5], _values[7]) * Outputs(_values[2], _values[4], _values[6], _values[8]);

        public int[] Immediates(bool withGroups) => withGroups ? [.. _values, Groups] : _values;

        public Tensor Create(int operand, int rows, int columns) =>
            CaseTensors.Create(Random, Random.Pick(_op.Operands[operand].Types), rows, columns, _adversarial);

        private static int Outputs(int size, int kernel, int stride, int pad) => ((size + (2 * pad) - kernel) / stride) + 1;
    }
}
