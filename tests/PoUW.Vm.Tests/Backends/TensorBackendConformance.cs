using System.Security.Cryptography;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Backends;

/// <summary>
/// What every backend must do. Each test feeds seeded operands of many sizes, compares every result with the scalar definition and
/// pins a digest of all results, so that the definition itself cannot drift unseen.
/// </summary>
public abstract class TensorBackendConformance
{
    private static readonly int[] Lengths = [1, 2, 15, 16, 17, 63, 64, 65, 127, 1000];

    private ITensorBackend _backend = null!;
    private ScalarBackend _definition = null!;
    private IncrementalHash _digest = null!;
    private uint _random;

    protected abstract ITensorBackend Create();

    [SetUp]
    public void SetUp()
    {
        _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _definition = new ScalarBackend();
        _backend = Create(); // Last: it may skip the test.
        _random = 12345;
    }

    [TearDown]
    public void TearDown()
    {
        (_backend as IDisposable)?.Dispose();
        _digest.Dispose();
    }

    [Test]
    public void MatMulInAllOrientations()
    {
        (int M, int K, int N)[] shapes =
            [(1, 1, 1), (3, 5, 7), (5, 4, 16), (6, 64, 32), (7, 9, 33), (13, 31, 10), (32, 128, 17), (8, 2, 64), (70, 100, 50), (64, 257, 70)];
        foreach ((int m, int k, int n) in shapes)
        {
            for (int flags = 0; flags < 4; flags++)
            {
                MatMulShape shape = new(m, k, n, (flags & 1) != 0, (flags & 2) != 0);
                Tensor a = shape.TransposeA ? Bytes(k, m, -64, 63) : Bytes(m, k, -64, 63);
                Tensor b = shape.TransposeB ? Bytes(n, k, -64, 63) : Bytes(k, n, -64, 63);
                Tensor expected = new(TensorType.Int32, m, n);
                Tensor actual = new(TensorType.Int32, m, n);
                actual.Int32.Fill(77);
                _definition.MatMul(shape, a, b, expected);
                _backend.MatMul(shape, a, b, actual);
                Compare(actual, expected, shape.ToString());
            }
        }

        Pin("3a0d2ca21386cfcb");
    }

    [Test]
    public void MatMulAtTheBounds()
    {
        Tensor a = new(TensorType.Int8, 6, 2048);
        Tensor b = new(TensorType.Int8, 2048, 16);
        a.Int8.Fill(-64);
        b.Int8.Fill(-64);
        Tensor c = new(TensorType.Int32, 6, 16);
        _backend.MatMul(new MatMulShape(6, 2048, 16, false, false), a, b, c);
        Assert.That(c.Int32.ToArray(), Is.All.EqualTo(2048 * 64 * 64));
    }

    /// <summary>The longest chain that the verifier admits, at the extremes: one product more would not fit.</summary>
    [Test]
    public void MatMulAtTheOverflowBound([Values] bool transposeB)
    {
        const int Longest = (1 << 19) - 1;
        Tensor a = new(TensorType.Int8, 2, Longest);
        Tensor b = transposeB ? new(TensorType.Int8, 3, Longest) : new(TensorType.Int8, Longest, 3);
        a.Int8.Fill(-64);
        b.Int8.Fill(-64);
        Tensor c = new(TensorType.Int32, 2, 3);
        _backend.MatMul(new MatMulShape(2, Longest, 3, false, transposeB), a, b, c);
        Assert.That(c.Int32.ToArray(), Is.All.EqualTo(int.MaxValue - 4095));
    }

    [Test]
    public void Rounding([Values] bool stochastic)
    {
        TensorOp code = stochastic ? IntegerOps.StochasticRoundShift : IntegerOps.RequantiseShift;
        foreach (int length in Lengths)
        {
            for (int shift = 0; shift < 32; shift++)
            {
                Tensor source = Ints(length, 1, Math.Max(shift - 8, 0));
                source.Int32[0] = int.MinValue;
                source.Int32[length / 2] = int.MaxValue;
                int limit = (shift % 3) switch { 0 => 63, 1 => 127, _ => 1 };
                Check(code, [limit], [shift], new Tensor(TensorType.Int8, length, 1), source);
            }
        }

        Pin(stochastic ? "09b3b9dec6ce8eb9" : "0434db6119e643ff");
    }

    [TestCase(100, 3, 13)]
    [TestCase(-100, 3, -12)]
    [TestCase(12, 3, 2)]
    [TestCase(-12, 3, -1)]
    [TestCase(11, 3, 1)]
    [TestCase(4, 3, 1)]
    [TestCase(-4, 3, 0)]
    [TestCase(99999, 9, 127)]
    [TestCase(-99999, 9, -127)]
    public void RoundShiftVector(int value, int shift, int expected) => RoundOne(IntegerOps.RequantiseShift, value, shift, expected);

    [TestCase(100, 4, 7)]
    [TestCase(-100, 4, -7)]
    [TestCase(90, 4, 5)]
    [TestCase(1000, 5, 32)]
    [TestCase(-1000, 5, -32)]
    [TestCase(777, 6, 12)]
    [TestCase(65535, 9, 127)]
    [TestCase(1023, 7, 8)]
    [TestCase(8, 4, 1)]
    [TestCase(9, 4, 1)]
    [TestCase(13, 4, 1)]
    public void PstoVector(int value, int shift, int expected) => RoundOne(IntegerOps.StochasticRoundShift, value, shift, expected);

    [Test]
    public void Reductions()
    {
        foreach (int length in Lengths)
        {
            Tensor ints = Ints(length, 1, length % 30);
            Tensor bytes = Bytes(length, 1, -128, 127);
            Tensor labels = Labels(length, 4);
            Tensor few = Bytes(length, 1, 0, 3);
            Tensor values = new(TensorType.Int32, length, 1);
            for (int i = 0; i < length; i++)
            {
                values.Int32[i] = few.Int8[i];
            }

            Check(IntegerOps.MaxAbs, [], [], ints);
            Check(IntegerOps.MaxAbs, [], [], bytes);
            Check(IntegerOps.Sum, [], [], ints);
            Check(IntegerOps.Sum, [], [], bytes);
            Check(IntegerOps.CountEqual, [], [length / 2], values, labels);
            Check(IntegerOps.CountEqual, [], [length], values, labels);
            Check(IntegerOps.ArgMaxRows, [], [], new Tensor(TensorType.Int32, length, 1), Bytes(length, 10, -3, 3));
            Check(IntegerOps.ArgMaxRows, [], [], new Tensor(TensorType.Int32, length, 1), Ints(length, 10, 5));
        }

        Pin("56da75280f73f074");
    }

    [Test]
    public void MaxAbsOfTheSmallestInteger()
    {
        Tensor tensor = new(TensorType.Int32, 65, 1);
        tensor.Int32[64] = int.MinValue;
        Assert.That(_backend.Run(IntegerOps.MaxAbs, new TensorCall([tensor], [], [])), Is.EqualTo(1L << 31));
    }

    [Test]
    public void Elementwise()
    {
        foreach (int length in Lengths)
        {
            Check(IntegerOps.Relu, [], [], new Tensor(TensorType.Int8, length, 1), Bytes(length, 1, -128, 127));
            Check(
                IntegerOps.ReluGradient, [], [], new Tensor(TensorType.Int8, length, 1), Bytes(length, 1, -128, 127),
                Bytes(length, 1, -2, 2));
            Check(IntegerOps.Add, [], [], new Tensor(TensorType.Int32, length, 1), Ints(length, 1, 0), Ints(length, 1, 0));
            Check(IntegerOps.Subtract, [], [], new Tensor(TensorType.Int32, length, 1), Ints(length, 1, 0), Ints(length, 1, 0));
            Check(
                IntegerOps.ScaleShift, [], [-123456789, length % 32],
                new Tensor(TensorType.Int32, length, 1), Ints(length, 1, 0));
            Check(IntegerOps.Clamp, [], [1 << 20], new Tensor(TensorType.Int32, length, 1), Ints(length, 1, 4));
            Check(
                IntegerOps.MomentumUpdate, [3], [4096, 63 << 16], Ints(length, 1, 9), Ints(length, 1, 12),
                Bytes(length, 1, -127, 127));
            Check(
                IntegerOps.MomentumUpdate, [length % 32], [int.MaxValue, int.MaxValue], Ints(length, 1, 0),
                Ints(length, 1, 0), Bytes(length, 1, -128, 127));
        }

        Pin("26af4f5fd453f2c3");
    }

    [Test]
    public void ReluInPlace()
    {
        Tensor tensor = Bytes(100, 1, -128, 127);
        sbyte[] expected = [.. tensor.Int8.ToArray().Select(x => Math.Max(x, (sbyte)0))];
        _backend.Run(IntegerOps.Relu, new TensorCall([tensor, tensor], [], []));
        Assert.That(tensor.Int8.ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void Softmax()
    {
        for (int exponent = -40; exponent <= 20; exponent++)
        {
            int rows = 1 + ((exponent + 40) % 7);
            int classes = exponent % 2 == 0 ? 10 : 37;
            Tensor logits = Bytes(rows, classes, -128, 127);
            Tensor labels = Labels(rows, classes);
            Check(
                IntegerOps.SoftmaxCrossEntropyGradient, [5, 63], [exponent], new Tensor(TensorType.Int8, rows, classes),
                logits, labels);
            Check(IntegerOps.SoftmaxCrossEntropyLoss, [], [exponent, rows], logits, labels);
            Check(IntegerOps.SoftmaxCrossEntropyLoss, [], [exponent, rows / 2], logits, labels);
        }

        Pin("c633e710cde075a9");
    }

    [Test]
    public void Fills()
    {
        Tensor key = Labels(32, 256);
        foreach (int length in Lengths)
        {
            Check(
                IntegerOps.UniformFill, [], [7, -1, 63 << 16],
                new Tensor(TensorType.Int32, length, 3));
            Check(IntegerOps.Sequence, [], [5, 60], new Tensor(TensorType.Int32, length, 1));
            Check(IntegerOps.Fill, [], [-9], new Tensor(TensorType.Int32, length, 1));
            Check(IntegerOps.Fill, [], [9], new Tensor(TensorType.Int8, length, 1));
            Tensor index = new(TensorType.Int32, length, 1);
            Check(IntegerOps.KeyedPermutation, [90], [length + 300, 300, length], index, key);
            Check(IntegerOps.KeyedPermutation, [90], [length, 0, length], index, key);
            Check(IntegerOps.GatherRows, [], [], new Tensor(TensorType.Int8, length, 19), Bytes(length, 19, -128, 127), index);
            Check(IntegerOps.GatherRows, [], [], new Tensor(TensorType.Int32, length, 2), Ints(length, 2, 0), index);
        }

        Pin("9faafe7d274f91d9");
    }

    [Test]
    public void MemCopyMovesOverlappingRows()
    {
        Tensor tensor = new(TensorType.Int32, 5, 1);
        new[] { 1, 2, 3, 4, 5 }.CopyTo(tensor.Int32);
        _backend.MemCopy(new RowRange(1, 0, 4), tensor, tensor);
        Assert.That(tensor.Int32.ToArray(), Is.EqualTo(new[] { 1, 1, 2, 3, 4 }));
    }

    private void RoundOne(TensorOp code, int value, int shift, int expected)
    {
        Tensor source = new(TensorType.Int32, 1, 1);
        Tensor result = new(TensorType.Int8, 1, 1);
        source.Int32[0] = value;
        _backend.Run(code, new TensorCall([result, source], [127], [shift]));
        Assert.That(result.Int8[0], Is.EqualTo(expected));
    }

    private void Check(TensorOp operation, int[] immediates, long[] arguments, params Tensor[] given)
    {
        Tensor[] expected = [.. given.Select(Copy)];
        Tensor[] actual = [.. given.Select(Copy)];
        TensorCall call = new(actual, immediates, arguments);
        Assert.That(operation.CheckCall(call), Is.EqualTo(VmTrap.None), operation.Name);
        long expectedResult = operation.Execute(new TensorCall(expected, immediates, arguments));
        long actualResult = _backend.Run(operation, call);
        Assert.That(actualResult, Is.EqualTo(expectedResult), operation.Name);
        _digest.AppendData(BitConverter.GetBytes(actualResult));
        for (int i = 0; i < given.Length; i++)
        {
            Compare(actual[i], expected[i], operation.Name);
        }

        expected[0].Bytes.CopyTo(given[0].Bytes);
    }

    private void Compare(Tensor actual, Tensor expected, string what)
    {
        Assert.That(actual.Bytes.SequenceEqual(expected.Bytes), what);
        _digest.AppendData(actual.Bytes);
    }

    private void Pin(string expected) => Assert.That(Convert.ToHexStringLower(_digest.GetHashAndReset())[..16], Is.EqualTo(expected));

    private static Tensor Copy(Tensor tensor)
    {
        Tensor copy = new(tensor.Type, tensor.Rows, tensor.Columns);
        tensor.Bytes.CopyTo(copy.Bytes);
        return copy;
    }

    private Tensor Bytes(int rows, int columns, int min, int max)
    {
        Tensor tensor = new(TensorType.Int8, rows, columns);
        foreach (ref sbyte value in tensor.Int8)
        {
            value = (sbyte)(min + (Next() % (uint)(max - min + 1)));
        }

        return tensor;
    }

    private Tensor Ints(int rows, int columns, int rightShift)
    {
        Tensor tensor = new(TensorType.Int32, rows, columns);
        foreach (ref int value in tensor.Int32)
        {
            value = unchecked((int)((Next() << 16) ^ Next())) >> rightShift;
        }

        return tensor;
    }

    private Tensor Labels(int count, int classes)
    {
        Tensor tensor = new(TensorType.UInt8, count, 1);
        foreach (ref byte value in tensor.UInt8)
        {
            value = (byte)(Next() % (uint)classes);
        }

        return tensor;
    }

    private uint Next()
    {
        _random = unchecked((_random * 1664525) + 1013904223);
        return _random >> 8;
    }
}
