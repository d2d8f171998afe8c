using PoUW.Compute.Backends;
using PoUW.Compute.Tests.Support;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Convolution;

/// <summary>The kernels of convolution and pooling give the bits of the definitions.</summary>
[TestFixture(CpuKernel.Portable)]
[TestFixture(CpuKernel.Avx2)]
[TestFixture(CpuKernel.Avx512)]
[TestFixture(CpuKernel.AvxVnni)]
[TestFixture(CpuKernel.Avx512Byte)]
public sealed class ConvolutionKernelTests(CpuKernel kernel)
{
    private const int Cases = 60;

    private static IEnumerable<TensorOp> Operations => TensorOps.All.Where(static op => op.Code is >= 128 and <= 144);

    [SetUp]
    public void RequireKernel()
    {
        if (!CpuBackend.IsSupported(kernel))
        {
            Assert.Ignore($"This machine has no {kernel}.");
        }
    }

    [TestCaseSource(nameof(Operations))]
    public void EqualsTheDefinition(TensorOp op)
    {
        Random random = new(op.Code);
        using CpuBackend one = new(kernel, 1);
        using CpuBackend two = new(kernel, 2);
        using CpuBackend four = new(kernel, 4);
        for (int i = 0; i < Cases; i++)
        {
            double special = (i % 3) switch { 0 => 0, 1 => 0.01, _ => 0.5 };
            GeometryCase drawn = GeometryCase.Next(random, most: 70, special);
            Compare(op, drawn, [one, two, four]);
        }
    }

    /// <summary>Every number of output columns of one and two vectors and their edges.</summary>
    [Test]
    public void EqualsTheDefinitionAtEveryNumberOfChannels()
    {
        Random random = new(7);
        using CpuBackend backend = new(kernel, 2);
        for (int channels = 1; channels <= 70; channels++)
        {
            GeometryCase drawn;
            do
            {
                drawn = new GeometryCase(random, channels, 0);
            }
            while (!drawn.IsSmall || (drawn.Outputs != channels && drawn.Channels != channels));

            foreach (TensorOp op in Operations)
            {
                Compare(op, drawn, [backend]);
            }
        }
    }

    /// <summary>
    /// Many channels, and one pixel more than whole vectors hold: transpositions of whole blocks read far behind the last pixel, which the
    /// working memory has to provide.
    /// </summary>
    [Test]
    public void ManyChannelsAndFewOutputsStayInsideTheMemory([Values(1, 3)] int outputs)
    {
        const int Channels = 5000;
        const int Pixels = 17;
        ConvolutionGeometry geometry = new(new PoolingGeometry(1, 1, Pixels, 1, 1));
        Tensor x = new(TensorType.Float32, Pixels, Channels);
        Tensor w = new(TensorType.Float32, Channels, outputs);
        Tensor y = new(TensorType.Float32, Pixels, outputs);
        Tensor expected = new(TensorType.Float32, Pixels, outputs);
        Random random = new(3);
        foreach (ref float value in x.Float32)
        {
            value = random.NextSingle();
        }

        w.Float32.Fill(0.5f);
        ConvolutionOps.Conv2D.Execute(new TensorCall([expected, x, w], geometry.ToImmediates()));
        using CpuBackend backend = new(kernel, 1);
        backend.Run(ConvolutionOps.Conv2D, new TensorCall([y, x, w], geometry.ToImmediates()));
        Assert.That(y.Float32.SequenceEqual(expected.Float32));
    }

    /// <summary>A step from window to window of more than 2^31 floats, which no second window takes.</summary>
    [Test]
    public void StepBeyondAnyTensorIsNoError()
    {
        const int Channels = 8_500_000;
        PoolingGeometry windows = new(1, 1, 1, 1, 1, PoolingGeometry.MaxKernel, PoolingGeometry.MaxKernel);
        int[] immediates = new ConvolutionGeometry(windows).ToImmediates();
        Tensor x = new(TensorType.Float32, 1, Channels);
        Tensor w = new(TensorType.Float32, Channels, 1);
        Tensor y = new(TensorType.Float32, 1, 1);
        x.Float32.Fill(1);
        w.Float32.Fill(0.5f);
        using CpuBackend backend = new(kernel, 1);
        backend.Run(ConvolutionOps.Conv2D, new TensorCall([y, x, w], immediates));
        Assert.That(y.Float32[0], Is.EqualTo(Channels * 0.5f));
    }

    /// <summary>The largest sums, with the longest chain that fp32 holds exactly and one more.</summary>
    [TestCase(1024)]
    [TestCase(1025)]
    public void LargestInt8SumsAreExact(int channels)
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(1, 1, 2, 1, 1));
        Tensor x = new(TensorType.Int8, 2, channels);
        Tensor w = new(TensorType.Int8, channels, 3);
        Tensor y = new(TensorType.Int32, 2, 3);
        x.Int8.Fill(sbyte.MinValue);
        w.Int8.Fill(sbyte.MinValue);
        using CpuBackend backend = new(kernel, 1);
        backend.Run(ConvolutionOps.Conv2DInt8, new TensorCall([y, x, w], geometry.ToImmediates()));
        Assert.That(y.Int32.ToArray(), Is.All.EqualTo(channels << 14));
    }

    [TestCaseSource(nameof(Operations))]
    public void SteadyStateAllocatesNothing(TensorOp op)
    {
        GeometryCase drawn = GeometryCase.Next(new Random(11), most: 20, specialShare: 0);
        using CpuBackend backend = new(kernel, 1);
        Tensor[] operands = drawn.Operands(op);
        int[] immediates = drawn.Immediates(op);
        backend.Run(op, new TensorCall(operands, immediates));
        Assert.That(SteadyState.LeastAllocation(5, () => backend.Run(op, new TensorCall(operands, immediates))), Is.Zero);
    }

    private static void Compare(TensorOp op, GeometryCase drawn, CpuBackend[] backends)
    {
        Tensor[] operands = drawn.Operands(op);
        int[] immediates = drawn.Immediates(op);
        Assert.That(op.Check(new TensorCallShape([.. operands.Select(Shape)], immediates)), Is.Null, drawn.ToString());
        Tensor[] expected = WithFreshResults(op, operands);
        op.Execute(new TensorCall(expected, immediates));
        foreach (CpuBackend backend in backends)
        {
            Tensor[] actual = WithFreshResults(op, operands);
            backend.Run(op, new TensorCall(actual, immediates));
            for (int i = 0; i < operands.Length; i++)
            {
                if (!actual[i].Bytes.SequenceEqual(expected[i].Bytes))
                {
                    Assert.Fail($"{op.Name}, operand {i}: {drawn}");
                }
            }
        }
    }

    /// <summary>Results that hold rubbish before the call; operands that are read are copied, so a change of them is seen.</summary>
    private static Tensor[] WithFreshResults(TensorOp op, Tensor[] operands)
    {
        Tensor[] copies = new Tensor[operands.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            copies[i] = new Tensor(operands[i].Type, operands[i].Rows, operands[i].Columns);
            if (op.Operands[i].Access == OperandAccess.Write)
            {
                copies[i].Bytes.Fill(0xA5);
            }
            else
            {
                operands[i].Bytes.CopyTo(copies[i].Bytes);
            }
        }

        return copies;
    }

    private static TensorShape Shape(Tensor tensor) => new(tensor.Type, tensor.Rows, tensor.Columns);
}
