namespace PoUW.Vm.Tests.Vectors;

/// <summary>
/// A call of every vector operation, by family: operation | slots as name:type:rowsxcolumns | immediates | arguments | more arguments,
/// separated by semicolons. "&lt;n" bounds the content to [0, n), where n traps; "%n" bounds it without a trap; "+" makes it positive; an
/// immediate with an f is an fp32 number.
/// </summary>
internal static class OperationTable
{
    private const string Window = "2 4 3 3 2 2 1 1 0"; // Two images of 4 x 3, windows of 3 x 2, strides 2 and 1, one row of padding: 2 x 2 outputs.

    public static IReadOnlyDictionary<string, string[]> Families { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["vec-integer"] =
        [
            "requantise_shift | d:int8:2x4 s:int32:2x4 | 63 | 6 | 0;1;31",
            "stochastic_round_shift | d:int8:2x4 s:int32:2x4 | 127 | 6 | 0;1;2;7;31",
            "max_abs | s:int8:2x4 | |", "max_abs | s:int32:2x4 | |", "sum | s:int8:2x4 | |", "sum | s:int32:2x4 | |",
            "relu | d:int8:2x4 s:int8:2x4 | |", "relu_gradient | d:int8:2x4 s:int8:2x4 gate:int8:2x4 | |",
            "softmax_gradient | d:int8:3x4 logits:int8:3x4 labels:uint8:3x1:<4 | 5 63 | -4 | "
                + "0;-6;-31;-100;15;3000;-9223372036854775808;9223372036854775807",
            "softmax_gradient | d:int8:2x2 logits:int8:2x2 labels:uint8:2x1:<2 | 0 127 | -5",
            "softmax_loss | logits:int8:3x4 labels:uint8:3x1:<4 | | -4 3 | -4 0;-4 1;0 2;-31 3;15 3;9223372036854775807 3;-4 4",
            "argmax_rows | d:int32:3x1 s:int8:3x4 | |", "argmax_rows | d:int32:3x1 s:int32:3x4 | |",
            "count_equal | a:int32:4x1:%3 b:uint8:4x1:%3 | | 4 | 0;3;5", "count_equal | a:int32:4x1:%3 b:int32:4x1:%3 | | 4 | 0;3;5",
            "add_int32 | d:int32:2x4 a:int32:2x4 b:int32:2x4 | |", "subtract_int32 | d:int32:2x4 a:int32:2x4 b:int32:2x4 | |",
            "scale_shift | d:int32:2x4 s:int32:2x4 | | 12345 7 | -2147483647 0;2147483647 31;2147483647 0;0 5;-1 31",
            "clamp | d:int32:2x4 s:int32:2x4 | | 100 | 0;2147483647",
            "momentum_update | w:int32:2x4 v:int32:2x4 g:int8:2x4 | 3 | 64 4000 | 0 0;2147483647 2147483647;1 100",
            "momentum_update | w:int32:2x4 v:int32:2x4 g:int8:2x4 | 31 | 64 4000",
            "momentum_update | w:int32:2x4 v:int32:2x4 g:int8:2x4 | 0 | 64 4000",
            "gather_rows | d:int8:4x3 s:int8:2x3 index:int32:4x1:<2 | |", "gather_rows | d:uint8:4x3 s:uint8:2x3 index:int32:4x1:<2 | |",
            "gather_rows | d:int32:4x3 s:int32:2x3 index:int32:4x1:<2 | |", "gather_rows | d:float32:4x3 s:float32:2x3 index:int32:4x1:<2 | |",
            "keyed_permutation | d:int32:5x1 key:uint8:32x1 | 10 | 1000 17 3 | 5 0 0;1000 995 -1;1000 996 0;4 0 "
                + "0;2147483647 2147483642 9223372036854775807",
            "keyed_permutation | d:int32:1x1 key:uint8:4x8 | 255 | 300 299 3 | 1 0 0",
            "uniform_fill | d:int32:3x3 | | 1 2 1000 | 1 2 0;-1 -1 1073741824;9223372036854775807 -9223372036854775808 1",
            "sequence | d:int32:5x1 | | 3 100 | 3 5;0 0;2147483647 2147483647;2147483645 2147483647",
            "fill | d:int8:2x3 | | 5 | -128;127;128;-129;2147483647", "fill | d:int32:2x3 | | 5 | -2147483648;2147483647",
            "add_row_int32 | d:int32:2x4 a:int32:2x4 b:int32:1x4 | |",
            "sum_rows_int32 | d:int32:1x3 s:int8:4x3 | |", "sum_rows_int32 | d:int32:1x3 s:int32:4x3 | |",
        ],
        ["vec-float-elementwise"] =
        [
            .. new[] { "add", "subtract", "multiply", "divide", "maximum", "minimum" }.SelectMany(name => new[]
            {
                $"{name}_f32 | d:float32:3x6 a:float32:3x6 b:float32:3x6 | |", $"{name}_f32 | d:float32:3x4 a:float32:3x4 b:float32:1x4 | |",
                $"{name}_f32 | d:float32:3x4 a:float32:3x4 b:float32:3x1 | |", $"{name}_f32 | d:float32:3x4 a:float32:3x4 b:float32:1x1 | |",
            }),
            "fma_f32 | d:float32:3x6 a:float32:3x6 b:float32:3x6 c:float32:3x6 | |",
            "fma_f32 | d:float32:3x4 a:float32:3x4 b:float32:1x4 c:float32:3x1 | |",
            "affine_f32 | d:float32:3x6 s:float32:3x6 | f0.3 f-1.7 |", "affine_f32 | d:float32:3x6 s:float32:3x6 | f-0 f0 |",
            .. new[] { "relu", "exp", "log", "tanh", "sigmoid", "gelu", "sqrt", "rsqrt",
                "abs" }.Select(name => $"{name}_f32 | d:float32:3x6 s:float32:3x6 | |"),
            .. new[] { "relu", "gelu", "tanh", "sigmoid" }.Select(name => $"{name}_gradient_f32 | d:float32:3x6 g:float32:3x6 x:float32:3x6 | |"),
            "clamp_f32 | d:float32:3x6 s:float32:3x6 | f-0.5 f1.25 |", "clamp_f32 | d:float32:3x6 s:float32:3x6 | f0 f-0 |",
            "convert_f32 | d:float32:2x4 s:int8:2x4 | f0.1 f0.5 |", "convert_f32 | d:float32:2x4 s:uint8:2x4 | f0.1 f0.5 |",
            "convert_f32 | d:float32:2x4 s:int32:2x4 | f0.1 f0.5 |",
        ],
        ["vec-float-rows"] =
        [
            "sum_rows_f32 | d:float32:1x6 s:float32:3x6 | |", "sum_columns_f32 | d:float32:3x1 s:float32:3x6 | |",
            "max_columns_f32 | d:float32:3x1 s:float32:3x6 | |", "sum_squares_f32 | d:float32:3x1 s:float32:3x6 | |",
            "argmax_rows_f32 | d:int32:3x1 s:float32:3x6 | |", "softmax_f32 | d:float32:3x6 s:float32:3x6 | |",
            "softmax_causal_f32 | d:float32:5x3 s:float32:5x3 | 2 |", "softmax_causal_f32 | d:float32:5x3 s:float32:5x3 | 100 |",
            "softmax_gradient_f32 | d:float32:3x6 g:float32:3x6 y:float32:3x6 | |",
            "cross_entropy_f32 | loss:float32:3x1 logits:float32:3x6 labels:uint8:3x1:<6 | |",
            "cross_entropy_f32 | loss:float32:3x1 logits:float32:3x6 labels:int32:3x1:<6 | |",
            "cross_entropy_gradient_f32 | d:float32:3x6 logits:float32:3x6 labels:uint8:3x1:<6 | f0.25 |",
            "cross_entropy_gradient_f32 | d:float32:3x6 logits:float32:3x6 labels:int32:3x1:<6 | f1 |",
        ],
        ["vec-float-norms"] =
        [
            "layer_norm_f32 | y:float32:3x5 mean:float32:3x1 rstd:float32:3x1 x:float32:3x5 gamma:float32:1x5 beta:float32:1x5 | f0.00001 |",
            "layer_norm_gradient_f32 | dx:float32:3x5 g:float32:3x5 x:float32:3x5 mean:float32:3x1 rstd:float32:3x1:+ gamma:float32:1x5 | |",
            "layer_norm_parameters_gradient_f32 | dgamma:float32:1x5 dbeta:float32:1x5 g:float32:3x5 x:float32:3x5 "
                + "mean:float32:3x1 rstd:float32:3x1:+ | |",
            "batch_norm_train_f32 | y:float32:4x3 mean:float32:1x3 rstd:float32:1x3 running_mean:float32:1x3 running_var:float32:1x3:+ x:float32:4x3 "
                + "gamma:float32:1x3 beta:float32:1x3 | f0.00001 f0.1 |",
            "batch_norm_f32 | y:float32:4x3 x:float32:4x3 running_mean:float32:1x3 running_var:float32:1x3:+ "
                + "gamma:float32:1x3 beta:float32:1x3 | f0.00001 |",
            "batch_norm_gradient_f32 | dx:float32:4x3 dgamma:float32:1x3 dbeta:float32:1x3 g:float32:4x3 x:float32:4x3 "
                + "mean:float32:1x3 rstd:float32:1x3:+ "
                + "gamma:float32:1x3 | |",
        ],
        ["vec-float-optimisers"] =
        [
            "sgd_f32 | w:float32:3x6 g:float32:3x6 rate:float32:1x1:+ | f0.01 |",
            "sgd_momentum_f32 | w:float32:3x6 v:float32:3x6 g:float32:3x6 rate:float32:1x1:+ | f0.9 f0.01 0 |",
            "sgd_momentum_f32 | w:float32:3x6 v:float32:3x6 g:float32:3x6 rate:float32:1x1:+ | f0.9 f0.01 1 |",
            "adam_f32 | w:float32:3x6 m:float32:3x6 v:float32:3x6:+ g:float32:3x6 rate:float32:1x1:+ "
                + "powers:float32:1x2:+ | f0.9 f0.999 f1e-8 f0.01 0 |",
            "adam_f32 | w:float32:3x6 m:float32:3x6 v:float32:3x6:+ g:float32:3x6 rate:float32:1x1:+ "
                + "powers:float32:1x2:+ | f0.9 f0.999 f1e-8 f0.01 1 |",
            "adam_f32 | w:float32:3x6 m:float32:3x6 v:float32:3x6:+ g:float32:3x6 rate:float32:1x1:+ "
                + "powers:float32:1x2:+ | f0.7 f0.8 f0.3 f3.7 1 |",
            "clip_scale_f32 | d:float32:1x1 total:float32:1x1:+ | f0.5 |", "clip_scale_f32 | d:float32:1x1 total:float32:1x1:+ | f100 |",
        ],
        ["vec-float-products"] =
        [
            "batch_matmul_f32 | c:float32:4x2 a:float32:4x3 b:float32:6x2 | 2 0 0 |",
            "batch_matmul_f32 | c:float32:4x2 a:float32:6x2 b:float32:6x2 | 2 1 0 |",
            "batch_matmul_f32 | c:float32:4x2 a:float32:4x3 b:float32:4x3 | 2 0 1 |",
            "batch_matmul_f32 | c:float32:4x2 a:float32:6x2 b:float32:4x3 | 2 1 1 |",
        ],
        ["vec-data"] =
        [
            .. new[] { "int8", "uint8", "int32", "float32" }.SelectMany(type => new[]
            {
                $"transpose | d:{type}:6x3 s:{type}:3x6 | |", $"reshape | d:{type}:2x9 s:{type}:3x6 | |",
                $"permute | d:{type}:4x6 s:{type}:3x8 | 2 3 1 4 3 0 2 1 |",
                $"copy_columns | d:{type}:3x5 s:{type}:3x4 | 2 1 3 |",
            }),
            "permute | d:float32:24x1 s:float32:1x24 | 2 3 2 2 0 1 2 3 |",
            "scatter_add_rows_f32 | d:float32:3x4 s:float32:5x4 index:int32:5x1:<3 | |",
            "uniform_fill_f32 | d:float32:3x3 | f-1 f2 | 5 6 | -1 -1;-9223372036854775808 9223372036854775807",
            "uniform_fill_f32 | d:float32:3x3 | f-3e38 f3e38 | 5 6",
            "normal_fill_f32 | d:float32:3x3 | f0.5 f2 | 5 6 | -1 -1;-9223372036854775808 9223372036854775807",
            "dropout_mask_f32 | d:float32:3x3 | 8388608 f2 | 5 6 | -1 -1", "dropout_mask_f32 | d:float32:3x3 | 0 f2 | 5 6",
            "dropout_mask_f32 | d:float32:3x3 | 16777216 f2 | 5 6", "fill_f32 | d:float32:2x3 | f-0 |", "fill_f32 | d:float32:2x3 | f1e-45 |",
        ],
        ["vec-convolution"] =
        [
            "conv2d_f32 | y:float32:16x4 x:float32:24x2 w:float32:12x4 | 2 4 3 3 2 2 1 1 1 1 |",
            $"conv2d_f32 | y:float32:8x4 x:float32:24x2 w:float32:6x4 | {Window} 2 |",
            $"conv2d_input_gradient_f32 | dx:float32:24x2 dy:float32:8x4 w:float32:12x4 | {Window} 1 |",
            $"conv2d_input_gradient_f32 | dx:float32:24x2 dy:float32:8x4 w:float32:6x4 | {Window} 2 |",
            "conv2d_input_gradient_f32 | dx:float32:9x1 dy:float32:9x1 w:float32:9x1 | 1 3 3 3 3 1 1 1 1 1 |",
            $"conv2d_weight_gradient_f32 | dw:float32:12x4 dy:float32:8x4 x:float32:24x2 | {Window} 1 |",
            $"conv2d_weight_gradient_f32 | dw:float32:6x4 dy:float32:8x4 x:float32:24x2 | {Window} 2 |",
            $"conv2d_int8 | y:int32:8x4 x:int8:24x2 w:int8:12x4 | {Window} 1 |", $"conv2d_int8 | y:int32:8x4 x:int8:24x2 w:int8:6x4 | {Window} 2 |",
            $"conv2d_input_gradient_int8 | dx:int32:24x2 dy:int8:8x4 w:int8:12x4 | {Window} 1 |",
            $"conv2d_input_gradient_int8 | dx:int32:24x2 dy:int8:8x4 w:int8:6x4 | {Window} 2 |",
            $"conv2d_weight_gradient_int8 | dw:int32:12x4 dy:int8:8x4 x:int8:24x2 | {Window} 1 |",
            $"conv2d_weight_gradient_int8 | dw:int32:6x4 dy:int8:8x4 x:int8:24x2 | {Window} 2 |",
            $"im2col_int8 | d:int8:8x12 x:int8:24x2 | {Window} |", $"col2im_int32 | d:int32:24x2 s:int32:8x12 | {Window} |",
        ],
        ["vec-pooling"] =
        [
            $"max_pool_f32 | y:float32:8x2 index:int32:8x2 x:float32:24x2 | {Window} |",
            $"max_pool_gradient_f32 | dx:float32:24x2 dy:float32:8x2 index:int32:8x2:<24 | {Window} |",
            $"avg_pool_f32 | y:float32:8x2 x:float32:24x2 | {Window} |", $"avg_pool_gradient_f32 | dx:float32:24x2 dy:float32:8x2 | {Window} |",
            $"max_pool_int8 | y:int8:8x2 index:int32:8x2 x:int8:24x2 | {Window} |",
            $"max_pool_gradient_int8 | dx:int32:24x2 dy:int8:8x2 index:int32:8x2:<24 | {Window} |",
            $"sum_pool_int8 | y:int32:8x2 x:int8:24x2 | {Window} |", $"sum_pool_gradient_int8 | dx:int32:24x2 dy:int8:8x2 | {Window} |",
        ],
    };
}
