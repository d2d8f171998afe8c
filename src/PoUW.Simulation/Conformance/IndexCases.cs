using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>Cases of the operations that read labels or indices, or that have shapes of their own.</summary>
internal static class IndexCases
{
    public static TensorCase? TryCreate(CaseRandom random, TensorOp op, bool adversarial)
    {
        (int rows, int columns) = CaseGenerator.Size(random);
        int classes = Math.Clamp(columns, 2, 256);
        Tensor[]? operands = op.Name switch
        {
            "softmax_gradient" => [Bytes(rows, classes), Bytes(rows, classes), Labels(TensorType.UInt8, rows, classes)],
            "softmax_loss" => [Bytes(rows, classes), Labels(TensorType.UInt8, rows, classes)],
            "cross_entropy_f32" => [Floats(rows, 1), Floats(rows, classes), Labels(random.Pick(op.Operands[2].Types), rows, classes)],
            "cross_entropy_gradient_f32" =>
                [Floats(rows, classes), Floats(rows, classes), Labels(random.Pick(op.Operands[2].Types), rows, classes)],
            "count_equal" => [Labels(TensorType.Int32, rows, classes), Labels(random.Pick(op.Operands[1].Types), rows, classes)],
            "gather_rows" => Gather(random.Pick(op.Operands[0].Types)),
            "scatter_add_rows_f32" => Scatter(),
            "keyed_permutation" => [new Tensor(TensorType.Int32, rows, 1), CaseTensors.Create(random, TensorType.UInt8, 32, 1, false)],
            _ => null,
        };
        if (operands is not null)
        {
            return new TensorCase(operands, CaseGenerator.Immediates(random, op), CaseGenerator.Arguments(random, op, operands));
        }

        return op.Name switch
        {
            "permute" => Permute(random, op, adversarial),
            "copy_columns" => CopyColumns(random, op, adversarial),
            "batch_matmul_f32" => BatchProduct(random, adversarial),
            _ => null,
        };

        Tensor Bytes(int r, int c) => CaseTensors.Create(random, TensorType.Int8, r, c, adversarial);

        Tensor Floats(int r, int c) => CaseTensors.Create(random, TensorType.Float32, r, c, adversarial);

        Tensor Labels(TensorType type, int r, int bound) => CaseTensors.Below(random, type, r, bound);

        Tensor[] Gather(TensorType type)
        {
            int sources = random.Range(1, 50);
            return [new Tensor(type, rows, columns), CaseTensors.Create(random, type, sources, columns, adversarial),
                Labels(TensorType.Int32, rows, sources)];
        }

        Tensor[] Scatter()
        {
            int targets = random.Range(1, 20);
            return [Floats(targets, columns), Floats(rows, columns), Labels(TensorType.Int32, rows, targets)];
        }
    }

    private static TensorCase Permute(CaseRandom random, TensorOp op, bool adversarial)
    {
        int[] sizes = random.Large ? [8, 16, 16, 32] : [random.Range(1, 6), random.Range(1, 6), random.Range(1, 6), random.Range(1, 40)];
        sizes[random.Range(0, 2)] = random.Range(1, 40);
        List<int> rest = [0, 1, 2, 3];
        int[] order = new int[4];
        for (int i = 0; i < order.Length; i++)
        {
            int pick = random.Range(0, rest.Count - 1);
            order[i] = rest[pick];
            rest.RemoveAt(pick);
        }

        TensorType type = random.Pick(op.Operands[0].Types);
        int columns = sizes[3];
        int rows = sizes[0] * sizes[1] * sizes[2];
        Tensor source = CaseTensors.Create(random, type, rows, columns, adversarial);
        return new TensorCase([new Tensor(type, columns, rows), source], [.. sizes, .. order], []);
    }

    private static TensorCase CopyColumns(CaseRandom random, TensorOp op, bool adversarial)
    {
        TensorType type = random.Pick(op.Operands[0].Types);
        int rows = random.Range(1, 30);
        (int to, int from, int count) = random.Large ? (0, 0, 2000) : (random.Range(0, 30), random.Range(0, 30), random.Range(1, 40));
        Tensor destination = CaseTensors.Create(random, type, rows, to + count + random.Range(0, 10), adversarial);
        Tensor source = CaseTensors.Create(random, type, rows, from + count + random.Range(0, 10), adversarial);
        return new TensorCase([destination, source], [to, from, count], []);
    }

    private static TensorCase BatchProduct(CaseRandom random, bool adversarial)
    {
        (int count, int m, int k, int n) = random.Large ? (8, 64, 64, 64) : (random.Range(1, 5), random.Range(1, 40), random.Range(1, 40), random.Range(1, 40));
        (bool transposeA, bool transposeB) = (random.Chance(50), random.Chance(50));
        Tensor c = new(TensorType.Float32, count * m, n);
        return new TensorCase(
            [c, Stored(m, k, transposeA), Stored(k, n, transposeB)], [count, transposeA ? 1 : 0, transposeB ? 1 : 0], []);

        Tensor Stored(int rows, int columns, bool transposed) => CaseTensors.Create(
            random, TensorType.Float32, count * (transposed ? columns : rows), transposed ? rows : columns, adversarial);
    }
}
