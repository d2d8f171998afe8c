using System.Runtime.Intrinsics.X86;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Backends;

/// <summary>
/// The default backend: vectorised kernels that give the same bits as <see cref="ScalarBackend"/>; an operation without a kernel runs
/// its definition. Runs on the caller's thread and those of its own team, and keeps its working memory, so a steady workload allocates
/// nothing. Not thread-safe: one instance a machine.
/// </summary>
public sealed class CpuBackend : ITensorBackend, IDisposable
{
    private readonly ScalarBackend _scalar = new();
    private readonly IGemmEngine _gemm;
    private readonly KernelContext _context;

    /// <summary>Uses the fastest kernel of this machine.</summary>
    public CpuBackend()
        : this(Best())
    {
    }

    /// <summary>Uses the fastest kernel of this machine.</summary>
    /// <param name="threads">Threads that share an operation, the caller's included. They never change a bit.</param>
    public CpuBackend(int threads)
        : this(Best(), threads)
    {
    }

    /// <summary>Uses one kernel; for tests and measurements.</summary>
    /// <exception cref="NotSupportedException">The machine does not have it.</exception>
    /// <param name="kernel">The kernel.</param>
    /// <param name="threads">Threads that share an operation, the caller's included. They never change a bit.</param>
    public CpuBackend(CpuKernel kernel, int threads = 1)
    {
        if (!IsSupported(kernel))
        {
            throw new NotSupportedException($"This machine has no {kernel}.");
        }

        Kernel = kernel;
        _gemm = CreateGemm(kernel);
        _context = new KernelContext(kernel, threads, () => CreateGemm(kernel));
    }

    /// <summary>The product kernel in use.</summary>
    public CpuKernel Kernel { get; }

    /// <summary>True if this machine has the instructions.</summary>
    public static bool IsSupported(CpuKernel kernel) => kernel switch
    {
        CpuKernel.AvxVnni => AvxVnni.IsSupported,
        CpuKernel.Avx512 => Avx512BW.IsSupported,
        CpuKernel.Avx2 => Avx2.IsSupported,
        _ => kernel == CpuKernel.Portable,
    };

    /// <inheritdoc/>
    public unsafe void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        if (a.Type == TensorType.Float32)
        {
            _context.FloatGemm.Multiply(shape, a.Float32, b.Float32, c.Float32);
            return;
        }

        fixed (sbyte* left = a.Int8, right = b.Int8)
        fixed (int* result = c.Int32)
        {
            _gemm.Multiply(shape, left, right, result);
        }
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) =>
        KernelTable.Find(operation) is { } kernel ? kernel(_context, call) : operation.Execute(call);

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _scalar.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _scalar.Checkpoint(name, state);

    /// <summary>Frees the working memory.</summary>
    public void Dispose()
    {
        _gemm.Dispose();
        _context.Dispose();
    }

    private static IGemmEngine CreateGemm(CpuKernel kernel) => kernel switch
    {
        CpuKernel.AvxVnni => new GemmEngine<AvxVnniLane, System.Runtime.Intrinsics.Vector256<int>>(),
        CpuKernel.Avx512 => new GemmEngine<Avx512Lane, System.Runtime.Intrinsics.Vector512<int>>(),
        CpuKernel.Avx2 => new GemmEngine<Avx2Lane, System.Runtime.Intrinsics.Vector256<int>>(),
        _ => new GemmEngine<PortableLane, System.Runtime.Intrinsics.Vector256<int>>(),
    };

    private static CpuKernel Best() => AvxVnni.IsSupported ? CpuKernel.AvxVnni
        : Avx512BW.IsSupported ? CpuKernel.Avx512
        : Avx2.IsSupported ? CpuKernel.Avx2
        : CpuKernel.Portable;
}
