using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>Makes valid random calls. An operation that it does not know has to be added here before its kernel can be trusted.</summary>
internal static class CaseGenerator
{
    /// <summary>
    /// Shapes of the operands: RC matrix, R1 column, 1C row, 11 scalar, 12 a pair, CR transposed, BB broadcast to RC, XC matrix of
    /// another number of rows.
    /// </summary>
    private static readonly Dictionary<string, string> Patterns = new(StringComparer.Ordinal)
    {
        ["max_abs"] = "RC",
        ["sum"] = "RC",
        ["argmax_rows"] = "R1 RC",
        ["uniform_fill"] = "RC",
        ["sequence"] = "R1",
        ["fill"] = "RC",
        ["add_f32"] = "RC RC BB",
        ["subtract_f32"] = "RC RC BB",
        ["multiply_f32"] = "RC RC BB",
        ["divide_f32"] = "RC RC BB",
        ["maximum_f32"] = "RC RC BB",
        ["minimum_f32"] = "RC RC BB",
        ["fma_f32"] = "RC RC BB BB",
        ["sum_rows_f32"] = "1C RC",
        ["sum_columns_f32"] = "R1 RC",
        ["max_columns_f32"] = "R1 RC",
        ["sum_squares_f32"] = "R1 RC",
        ["argmax_rows_f32"] = "R1 RC",
        ["layer_norm_f32"] = "RC R1 R1 RC 1C 1C",
        ["layer_norm_gradient_f32"] = "RC RC RC R1 R1 1C",
        ["layer_norm_parameters_gradient_f32"] = "1C 1C RC RC R1 R1",
        ["batch_norm_train_f32"] = "RC 1C 1C 1C 1C RC 1C 1C",
        ["batch_norm_f32"] = "RC RC 1C 1C 1C 1C",
        ["batch_norm_gradient_f32"] = "RC 1C 1C RC RC 1C 1C 1C",
        ["sgd_f32"] = "RC RC 11",
        ["sgd_momentum_f32"] = "RC RC RC 11",
        ["adam_f32"] = "RC RC RC RC 11 12",
        ["clip_scale_f32"] = "11 11",
        ["transpose"] = "CR RC",
        ["reshape"] = "CR RC",
        ["uniform_fill_f32"] = "RC",
        ["normal_fill_f32"] = "RC",
        ["dropout_mask_f32"] = "RC",
        ["fill_f32"] = "RC",
        ["add_row_int32"] = "RC RC 1C",
        ["sum_rows_int32"] = "1C RC",
    };

    public static TensorCase Create(CaseRandom random, TensorOp op, bool adversarial)
    {
        if (GeometryCases.TryCreate(random, op, adversarial) is { } geometric)
        {
            return geometric;
        }

        if (IndexCases.TryCreate(random, op, adversarial) is { } indexed)
        {
            return indexed;
        }

        string pattern = Patterns.GetValueOrDefault(op.Name) ?? string.Join(' ', op.Operands.Select(static _ => "RC"));
        (int rows, int columns) = Size(random, op.Name.StartsWith("batch_norm", StringComparison.Ordinal) ? 2 : 1);
        TensorType type = random.Pick(op.Operands[0].Types);
        string[] shapes = pattern.Split(' ');
        Tensor[] operands = new Tensor[op.Operands.Count];
        for (int i = 0; i < operands.Length; i++)
        {
            (int r, int c) = Shape(random, shapes[i], rows, columns);
            TensorType own = op.Operands[i].Types.Contains(type) && op.Name is "transpose" or "reshape" ? type : random.Pick(op.Operands[i].Types);
            operands[i] = CaseTensors.Create(random, own, r, c, adversarial);
        }

        Alias(random, op, operands);
        return new TensorCase(operands, Immediates(random, op), Arguments(random, op, operands));
    }

    public static int[] Immediates(CaseRandom random, TensorOp op)
    {
        int[] values = [.. op.Immediates.Select(spec => spec.IsFloat
            ? BitConverter.SingleToInt32Bits(random.Range(1, 1 << 20) / (float)(1 << 19))
            : random.Range(spec.Minimum, spec.Maximum))];
        if (op.Name is "clamp_f32")
        {
            values[0] ^= int.MinValue; // The lower bound must not be above the upper one.
        }

        if (op.Name is "softmax_causal_f32")
        {
            values[0] = random.Range(1, 60); // A larger block than the matrix has rows is rarely worth a case.
        }

        return values;
    }

    public static long[] Arguments(CaseRandom random, TensorOp op, Tensor[] operands) => op.Name switch
    {
        "softmax_loss" => [random.Range(-40, 20), random.Range(0, operands[0].Rows)],
        "count_equal" => [random.Range(0, operands[0].Rows)],
        "fill" => [random.Range(sbyte.MinValue, sbyte.MaxValue)],
        "keyed_permutation" => Window(random, operands[0].Rows),
        _ => [.. op.Arguments.Select(spec => random.Range(spec.Minimum, spec.Maximum))],
    };

    /// <summary>Mostly small; some rows, some columns, and now and then something that is worth sharing between threads.</summary>
    public static (int Rows, int Columns) Size(CaseRandom random, int minimum = 1) => random.Large ? (256, 256) : random.Range(0, 29) switch
    {
        0 => (random.Range(100, 300), random.Range(100, 400)),
        < 4 => (minimum, random.Range(minimum, 300)),
        < 7 => (random.Range(minimum, 300), minimum),
        _ => (random.Range(minimum, 40), random.Range(minimum, 70)),
    };

    /// <summary>Now and then the destination is one of the operands, if the operation allows it.</summary>
    private static void Alias(CaseRandom random, TensorOp op, Tensor[] operands)
    {
        int i = random.Range(1, Math.Max(1, operands.Length - 1));
        if (op.MayAlias && random.Chance(25) && operands[i].Type == operands[0].Type
            && operands[i].Rows == operands[0].Rows && operands[i].Columns == operands[0].Columns)
        {
            operands[0] = operands[i];
        }
    }

    private static long[] Window(CaseRandom random, int rows)
    {
        int first = random.Range(0, 500);
        return [first + rows + random.Range(0, 500), first, random.Range(long.MinValue, long.MaxValue)];
    }

    private static (int Rows, int Columns) Shape(CaseRandom random, string pattern, int rows, int columns) => pattern switch
    {
        "RC" => (rows, columns),
        "R1" => (rows, 1),
        "1C" => (1, columns),
        "CR" => (columns, rows),
        "11" => (1, 1),
        "12" => (1, 2),
        _ => (random.Chance(50) ? rows : 1, random.Chance(50) ? columns : 1),
    };
}
