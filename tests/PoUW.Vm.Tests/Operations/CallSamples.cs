using PoUW.Vm.Arithmetic;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations;

/// <summary>A valid call of every operation of lane R and of the data operations: shapes, immediates, arguments, dimensions that are free.</summary>
internal static class CallSamples
{
    private const int Rows = 3;
    private const int Columns = 4;

    private static readonly int One = Immediate(1);
    private static readonly int Half = Immediate(0.5f);

    private static readonly Dictionary<string, Sample> Samples = Create();

    public static IEnumerable<string> Names => Samples.Keys.Order(StringComparer.Ordinal);

    public static Sample Of(string name) => Samples[name];

    private static Dictionary<string, Sample> Create()
    {
        Dictionary<string, Sample> samples = new(StringComparer.Ordinal);
        void Add(string names, string shapes, int[] immediates, string free = "", params long[] arguments)
        {
            foreach (string name in names.Split(' '))
            {
                samples.Add(name, new Sample(shapes, immediates, arguments, free));
            }
        }

        Add("add_f32 subtract_f32 multiply_f32 divide_f32 maximum_f32 minimum_f32", "RC RC RC", []);
        Add("fma_f32", "RC RC RC RC", []);
        Add("affine_f32 convert_f32", "RC RC", [Half, One]);
        Add("clamp_f32", "RC RC", [Half, One]);
        Add("relu_f32 exp_f32 log_f32 tanh_f32 sigmoid_f32 gelu_f32 sqrt_f32 rsqrt_f32 abs_f32 softmax_f32", "RC RC", []);
        Add("relu_gradient_f32 gelu_gradient_f32 tanh_gradient_f32 sigmoid_gradient_f32 softmax_gradient_f32", "RC RC RC", []);
        Add("sum_rows_f32 sum_rows_int32", "1C RC", [], "1r");
        Add("sum_columns_f32 max_columns_f32 sum_squares_f32 argmax_rows_f32", "R1 RC", [], "1c");
        Add("softmax_causal_f32", "RC RC", [2]);
        Add("cross_entropy_f32", "R1 RC R1", [], "1c");
        Add("cross_entropy_gradient_f32", "RC RC R1", [One]);
        Add("layer_norm_f32", "RC R1 R1 RC 1C 1C", [Half]);
        Add("layer_norm_gradient_f32", "RC RC RC R1 R1 1C", []);
        Add("layer_norm_parameters_gradient_f32", "1C 1C RC RC R1 R1", []);
        Add("batch_norm_train_f32", "RC 1C 1C 1C 1C RC 1C 1C", [Half, Half]);
        Add("batch_norm_f32", "RC RC 1C 1C 1C 1C", [Half]);
        Add("batch_norm_gradient_f32", "RC 1C 1C RC RC 1C 1C 1C", []);
        Add("sgd_f32", "RC RC 11", [Half]);
        Add("sgd_momentum_f32", "RC RC RC 11", [Half, Half, 1]);
        Add("adam_f32", "RC RC RC RC 11 12", [Half, Half, Half, Half, 1]);
        Add("clip_scale_f32", "11 11", [One]);
        Add("transpose", "CR RC", []);
        Add("reshape", "CR RC", []);
        Add("permute", "CR RC", [1, 3, 2, 2, 3, 2, 1, 0]);
        Add("copy_columns", "RC RC", [1, 2, 2], "0c 1c");
        Add("scatter_add_rows_f32", "RC RC R1", [], "0r");
        Add("uniform_fill_f32 normal_fill_f32", "RC", [Half, One], "0r 0c", 5, 6);
        Add("dropout_mask_f32", "RC", [1000, One], "0r 0c", 5, 6);
        Add("fill_f32", "RC", [One], "0r 0c");
        Add("add_row_int32", "RC RC 1C", []);
        Add("batch_matmul_f32", "RR RC RC", [1, 0, 1]);
        return samples;
    }

    /// <summary>One call.</summary>
    /// <param name="Patterns">Shapes: R is 3, C is 4.</param>
    /// <param name="Immediates">The immediates.</param>
    /// <param name="Arguments">The arguments.</param>
    /// <param name="Free">Dimensions that may grow alone, as "1c" for the columns of operand 1.</param>
    internal sealed record Sample(string Patterns, int[] Immediates, long[] Arguments, string Free)
    {
        /// <summary>Operands of the first type that each may have.</summary>
        public TensorShape[] Shapes(TensorOp op) =>
            [.. Patterns.Split(' ').Select((p, i) => new TensorShape(op.Operands[i].Types[0], Size(p[0]), Size(p[1])))];

        /// <summary>Tensors with small values, so that labels and indices are valid too; the same on every runtime.</summary>
        public Tensor[] Operands(TensorOp op, int seed) => [.. Shapes(op).Select((shape, i) => Filled(shape, (ulong)seed, (ulong)i))];

        public bool IsFree(int operand, char dimension) => Free.Split(' ').Contains($"{operand}{dimension}");

        private static int Size(char letter) => letter switch { 'R' => Rows, 'C' => Columns, _ => letter - '0' };

        private static Tensor Filled(TensorShape shape, ulong seed, ulong operand)
        {
            Tensor tensor = new(shape.Type, shape.Rows, shape.Columns);
            for (int i = 0; i < tensor.Length; i++)
            {
                uint word = Philox4x32.Block(seed, operand, (ulong)i).X0;
                switch (shape.Type)
                {
                    case TensorType.Float32:
                        tensor.Float32[i] = MathF.ScaleB(word >> 8, -24) + 0.25f;
                        break;
                    case TensorType.Int32:
                        tensor.Int32[i] = (int)(word % Rows);
                        break;
                    default:
                        tensor.Bytes[i] = (byte)(word % Rows);
                        break;
                }
            }

            return tensor;
        }
    }
}
