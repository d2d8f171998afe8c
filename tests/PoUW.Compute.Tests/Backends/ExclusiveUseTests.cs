using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Backends;

/// <summary>Working memory is native and moves when it grows, so use by two threads must fail before it can damage anything.</summary>
[TestFixture(1)]
[TestFixture(2)]
public sealed class ExclusiveUseTests(int threads)
{
    private static readonly MatMulShape Shape = new(400, 400, 400, false, false);

    [TestCase(TensorType.Int8)]
    [TestCase(TensorType.Float32)]
    public void ProductsOfTwoThreadsAreRefused(TensorType type)
    {
        using CpuBackend backend = new(CpuKernel.Portable, threads);
        Tensor a = new(type, Shape.M, Shape.K);
        Tensor b = new(type, Shape.K, Shape.N);
        AssertOneIsRefused(() =>
        {
            backend.MatMul(Shape, a, b, new Tensor(type == TensorType.Int8 ? TensorType.Int32 : type, Shape.M, Shape.N));
        });
    }

    [Test]
    public void OperationsOfTwoThreadsAreRefused()
    {
        using CpuBackend backend = new(CpuKernel.Portable, threads);
        Tensor s = new(TensorType.Float32, 600, 600);
        AssertOneIsRefused(() =>
        {
            Tensor d = new(TensorType.Float32, 600, 600);
            backend.Run(FloatElementwiseOps.Exp, new TensorCall([d, s], []));
        });
    }

    [Test]
    public void FloatProductsOfTwoThreadsAreRefused()
    {
        using ThreadTeam team = new(1);
        using FloatGemm gemm = new(FloatKernel.Portable, team);
        float[] operand = new float[Shape.M * Shape.K];
        AssertOneIsRefused(() => gemm.Multiply(Shape, operand, operand, new float[operand.Length]));
    }

    [Test]
    public void DisposedBackendComputesNothing()
    {
        CpuBackend backend = new(CpuKernel.Portable, threads);
        Tensor one = new(TensorType.Float32, 1, 1);
        backend.Dispose();
        Assert.That(backend.Dispose, Throws.Nothing);
        Assert.That(
            () => backend.Run(FloatElementwiseOps.Exp, new TensorCall([one, one], [])), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(
            () => backend.MatMul(new MatMulShape(1, 1, 1, false, false), one, one, new Tensor(TensorType.Float32, 1, 1)),
            Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void FailedCallLeavesTheBackendUsable()
    {
        using CpuBackend backend = new(CpuKernel.Portable, threads);
        Tensor one = new(TensorType.Float32, 1, 1);
        Tensor result = new(TensorType.Float32, 1, 1);
        Assert.That(
            () => backend.MatMul(new MatMulShape(2, 1, 1, false, false), one, one, result), Throws.InstanceOf<ArgumentException>());
        backend.MatMul(new MatMulShape(1, 1, 1, false, false), one, one, result);
        Assert.That(result.Float32[0], Is.Zero);
    }

    [Test]
    public void IntegerProductChecksTheSizes([Values] bool transposeA, [Values] bool transposeB)
    {
        using CpuBackend backend = new(CpuKernel.Portable, threads);
        Tensor small = new(TensorType.Int8, 3, 4);
        Tensor large = new(TensorType.Int8, 40, 40);
        Tensor c = new(TensorType.Int32, 40, 40);
        MatMulShape shape = new(40, 40, 40, transposeA, transposeB);
        Assert.That(() => backend.MatMul(shape, small, large, c), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => backend.MatMul(shape, large, small, c), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => backend.MatMul(shape, large, large, new Tensor(TensorType.Int32, 3, 4)), Throws.InstanceOf<ArgumentException>());
    }

    /// <summary>Two threads that do nothing else meet within some calls.</summary>
    private static void AssertOneIsRefused(Action call)
    {
        int refused = 0;
        using Barrier start = new(2);
        Thread[] callers = [new(Calls), new(Calls)];
        foreach (Thread caller in callers)
        {
            caller.Start();
        }

        foreach (Thread caller in callers)
        {
            caller.Join();
        }

        Assert.That(refused, Is.Positive);

        void Calls()
        {
            start.SignalAndWait();
            for (int i = 0; i < 200 && Volatile.Read(ref refused) == 0; i++)
            {
                try
                {
                    call();
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }
    }
}
