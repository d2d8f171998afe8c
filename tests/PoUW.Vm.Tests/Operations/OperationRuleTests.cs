using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations;

/// <summary>What every operation refuses, derived from one valid call of each.</summary>
[TestFixture]
public sealed class OperationRuleTests
{
    private static IEnumerable<string> Names => CallSamples.Names;

    [TestCaseSource(nameof(Names))]
    public void ASampleIsValid(string name)
    {
        (TensorOp op, CallSamples.Sample sample) = Find(name);
        Assert.That(Problem(op, sample.Immediates, sample.Shapes(op)), Is.Null);
        Assert.That(Trap(op, sample.Immediates, sample.Arguments, sample.Operands(op, 1)), Is.EqualTo(VmTrap.None));
        Assert.That(op.Gas(new TensorCallShape(sample.Shapes(op), sample.Immediates)), Is.Positive);
    }

    /// <summary>Every operand that grows alone by a row or a column is refused with a message that names an operand and the sizes.</summary>
    [TestCaseSource(nameof(Names))]
    public void SizesMustFit(string name)
    {
        (TensorOp op, CallSamples.Sample sample) = Find(name);
        for (int i = 0; i < op.Operands.Count; i++)
        {
            foreach (char dimension in "rc")
            {
                TensorShape[] shapes = sample.Shapes(op);
                shapes[i] = dimension == 'r' ? shapes[i] with { Rows = shapes[i].Rows + 1 } : shapes[i] with { Columns = shapes[i].Columns + 1 };
                string? problem = Problem(op, sample.Immediates, shapes);
                if (sample.IsFree(i, dimension))
                {
                    Assert.That(problem, Is.Null, $"{op.Operands[i].Name} {dimension}");
                    continue;
                }

                Assert.That(problem, Does.Match(@"'\w+' (is|holds) \d+x\d+"), $"{op.Operands[i].Name} {dimension}");
                Assert.That(op.Operands.Select(static o => o.Name).Any(o => problem!.Contains($"'{o}'", StringComparison.Ordinal)), problem);
            }
        }
    }

    [TestCaseSource(nameof(Names))]
    public void ImmediatesMustBeInRange(string name)
    {
        (TensorOp op, CallSamples.Sample sample) = Find(name);
        for (int i = 0; i < op.Immediates.Count; i++)
        {
            ImmediateSpec spec = op.Immediates[i];
            long[] bad = spec.IsFloat
                ? [Immediate(float.NaN), Immediate(float.PositiveInfinity), Immediate(float.NegativeInfinity)]
                : [spec.Minimum - 1L, spec.Maximum + 1L];
            foreach (long value in bad.Where(static v => v is >= int.MinValue and <= int.MaxValue))
            {
                int[] immediates = [.. sample.Immediates];
                immediates[i] = (int)value;
                Assert.That(Problem(op, immediates, sample.Shapes(op)), Is.EqualTo($"the immediate '{spec.Name}' is out of range"));
            }
        }
    }

    [TestCase("add_f32", "3x4 3x4 2x4", new int[0], "'b' is 2x4 and cannot be broadcast to 3x4")]
    [TestCase("add_f32", "3x4 3x4 3x2", new int[0], "'b' is 3x2 and cannot be broadcast to 3x4")]
    [TestCase("add_f32", "3x4 1x4 3x4", new int[0], "'a' is 1x4, not 3x4")]
    [TestCase("fma_f32", "3x4 3x4 1x1 4x1", new int[0], "'c' is 4x1 and cannot be broadcast to 3x4")]
    [TestCase("sum_rows_f32", "4x1 3x4", new int[0], "'d' is 4x1, not 1x4")]
    [TestCase("cross_entropy_f32", "3x1 3x4 1x3", new int[0], "'labels' is 1x3, not 3x1")]
    [TestCase("batch_norm_train_f32", "1x4 1x4 1x4 1x4 1x4 1x4 1x4 1x4", new[] { 1, 1 }, "'x' is 1x4, but statistics need 2 rows")]
    [TestCase("batch_norm_gradient_f32", "3x4 1x4 1x4 3x4 3x4 1x4 1x4 4x1", new int[0], "'gamma' is 4x1, not 1x4")]
    [TestCase("adam_f32", "3x4 3x4 3x4 3x4 1x1 2x1", new[] { 0, 0, 0, 0, 0 }, "'powers' is 2x1, not 1x2")]
    [TestCase("sgd_f32", "3x4 3x4 3x4", new[] { 0 }, "'rate' is 3x4, not 1x1")]
    [TestCase("transpose", "3x4 3x4", new int[0], "'d' is 3x4, not 4x3")]
    [TestCase("reshape", "3x3 3x4", new int[0], "'d' is 3x3 and 's' is 3x4: another number of elements")]
    [TestCase("permute", "3x4 3x4", new[] { 1, 1, 3, 5, 0, 1, 2, 3 }, "'s' is 3x4 and does not hold 1 x 1 x 3 x 5 elements")]
    [TestCase(
        "permute",
        "1x1 1x1",
        new[] { int.MaxValue, int.MaxValue, int.MaxValue, 8, 0, 1, 2, 3 },
        "'s' is 1x1 and does not hold 2147483647 x 2147483647 x 2147483647 x 8 elements")]
    [TestCase("permute", "3x5 3x4", new[] { 1, 1, 3, 4, 0, 1, 2, 3 }, "'d' is 3x5 and does not hold 1 x 1 x 3 x 4 elements")]
    [TestCase("permute", "3x4 3x4", new[] { 1, 1, 3, 4, 0, 1, 1, 3 }, "0, 1, 1, 3 is no permutation of 0, 1, 2, 3")]
    [TestCase("copy_columns", "3x4 3x4", new[] { 3, 0, 2 }, "'d' is 3x4 and has no 2 columns from 3")]
    [TestCase("copy_columns", "3x9 3x4", new[] { 0, 1, 4 }, "'s' is 3x4 and has no 4 columns from 1")]
    [TestCase("copy_columns", "3x4 3x4", new[] { 0, int.MaxValue, int.MaxValue }, "'d' is 3x4 and has no 2147483647 columns from 0")]
    [TestCase("copy_columns", "3x4 2x4", new[] { 0, 0, 1 }, "'s' is 2x4, not 3x4")]
    [TestCase("scatter_add_rows_f32", "3x4 2x4 3x1", new int[0], "'index' is 3x1, not 2x1")]
    [TestCase("add_row_int32", "3x4 3x4 3x4", new int[0], "'b' is 3x4, not 1x4")]
    [TestCase("batch_matmul_f32", "4x6 5x3 6x6", new[] { 2, 0, 0 }, "'a' is 5x3 and cannot be split into 2 matrices")]
    [TestCase("batch_matmul_f32", "4x6 1x3 6x6", new[] { 2, 0, 0 }, "'a' is 1x3 and cannot be split into 2 matrices")]
    [TestCase("batch_matmul_f32", "4x6 4x3 7x6", new[] { 2, 0, 0 }, "'b' is 7x6 and cannot be split into 2 matrices")]
    [TestCase("batch_matmul_f32", "5x6 4x3 6x6", new[] { 2, 0, 0 }, "'c' is 5x6 and cannot be split into 2 matrices")]
    [TestCase("batch_matmul_f32", "4x6 4x3 8x6", new[] { 2, 0, 0 }, "'a' holds 2x3 and 'b' 4x6, which cannot be multiplied")]
    [TestCase("batch_matmul_f32", "4x6 4x3 6x6", new[] { 2, 1, 0 }, "'a' holds 3x2 and 'b' 3x6, which cannot be multiplied")]
    [TestCase("batch_matmul_f32", "4x6 4x3 6x5", new[] { 2, 0, 0 }, "'c' holds 2x6, not 2x5")]
    public void MessagesNameOperandAndSizes(string name, string sizes, int[] values, string expected)
    {
        TensorOp op = TensorOps.Find(name)!;
        TensorShape[] shapes = [.. sizes.Split(' ').Select((size, i) => Parse(op.Operands[i].Types[0], size))];
        int[] immediates = [.. values.Select((v, i) => op.Immediates[i].IsFloat ? Immediate(v) : v)];
        Assert.That(Problem(op, immediates, shapes), Is.EqualTo(expected));
    }

    [TestCase("transpose", "4x3 3x4", new int[0])]
    [TestCase("permute", "4x3 3x4", new[] { 1, 1, 3, 4, 0, 1, 3, 2 })]
    [TestCase("copy_columns", "3x4 3x4", new[] { 0, 0, 1 })]
    public void MovesNeedOneType(string name, string sizes, int[] immediates)
    {
        TensorOp op = TensorOps.Find(name)!;
        string[] parts = sizes.Split(' ');
        TensorShape[] shapes = [Parse(TensorType.Float32, parts[0]), Parse(TensorType.Int32, parts[1])];
        Assert.That(Problem(op, immediates, shapes), Is.EqualTo("'d' is Float32, but 's' is Int32"));
    }

    [TestCase(0f)]
    [TestCase(-0f)]
    [TestCase(-1e-5f)]
    public void EpsMustBePositive(float eps)
    {
        foreach (TensorOp op in (TensorOp[])[FloatNormOps.LayerNorm, FloatNormOps.BatchNormTrain, FloatNormOps.BatchNorm])
        {
            CallSamples.Sample sample = CallSamples.Of(op.Name);
            int[] immediates = [.. sample.Immediates];
            immediates[0] = Immediate(eps);
            Assert.That(Problem(op, immediates, sample.Shapes(op)), Is.EqualTo("'eps' is not above 0"));
        }
    }

    [Test]
    public void ClampNeedsAnInterval()
    {
        TensorShape[] shapes = CallSamples.Of("clamp_f32").Shapes(FloatElementwiseOps.Clamp);
        Assert.That(Problem(FloatElementwiseOps.Clamp, [Immediate(2), Immediate(1)], shapes), Is.EqualTo("'low' is above 'high'"));
        Assert.That(Problem(FloatElementwiseOps.Clamp, [Immediate(1), Immediate(1)], shapes), Is.Null);
    }

    [Test]
    public void GasGrowsWithTheWork()
    {
        TensorShape Floats(int rows, int columns) => new(TensorType.Float32, rows, columns);
        long Gas(TensorOp op, int[] immediates, params TensorShape[] shapes) => op.Gas(new TensorCallShape(shapes, immediates));
        Assert.That(Gas(FloatProductOps.BatchMatMul, [4, 0, 0], Floats(40, 30), Floats(40, 20), Floats(80, 30)), Is.EqualTo(4 * 10 * 20 * 30 / 96));
        Assert.That(Gas(DataOps.CopyColumns, [0, 0, 5], Floats(10, 100), Floats(10, 5)), Is.EqualTo(7));
        Assert.That(Gas(FloatReductionOps.SumRows, [], Floats(1, 8), Floats(100, 8)), Is.EqualTo(200));
        Assert.That(Gas(FloatElementwiseOps.Exp, [], Floats(1, 8), Floats(1, 8)), Is.EqualTo(8 * Gas(FloatElementwiseOps.Add, [], Floats(1, 8))));
    }

    /// <summary>Prices that were too low: a large image under a large stride, and a permutation of many rounds.</summary>
    [Test]
    public void GasCountsWhatIsTouchedAndHashed()
    {
        int[] stride = [1, 2048, 2048, 1, 1, 255, 255, 0, 0, 1];
        TensorShape[] shapes = [new(TensorType.Float32, 2048 * 2048, 1), new(TensorType.Float32, 81, 1), new(TensorType.Float32, 1, 1)];
        Assert.That(ConvolutionOps.Conv2DInputGradient.Check(new TensorCallShape(shapes, stride)), Is.Null);
        Assert.That(ConvolutionOps.Conv2DInputGradient.Gas(new TensorCallShape(shapes, stride)), Is.GreaterThan(2048 * 2048 / 8));
        TensorShape[] rows = [new(TensorType.Int32, 100, 1), new(TensorType.UInt8, 32, 1)];
        Assert.That(IntegerOps.KeyedPermutation.Gas(new TensorCallShape(rows, [255])), Is.GreaterThan(255 * 100 * 80));
    }

    private static (TensorOp Op, CallSamples.Sample Sample) Find(string name) => (TensorOps.Find(name)!, CallSamples.Of(name));

    private static TensorShape Parse(TensorType type, string size)
    {
        int[] numbers = [.. size.Split('x').Select(int.Parse)];
        return new TensorShape(type, numbers[0], numbers[1]);
    }
}
