using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PoUW.Compute.Kernels.IntegerGemm;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Backends;

/// <summary>
/// The default backend: vectorised kernels that give the same bits as <see cref="ScalarBackend"/>; an operation without a kernel runs
/// its definition. Runs on the caller's thread and those of its own team, and keeps its working memory, so a steady workload allocates
/// nothing. Not thread-safe: one instance a machine; a second call at a time is refused, since it would use the same memory.
/// </summary>
public sealed class CpuBackend : ITensorBackend, IDisposable
{
    private readonly ScalarBackend _scalar = new();
    private readonly KernelContext _context;
    private readonly IGemmEngine _gemm;
    private ExclusiveUse _use;

    /// <summary>
    /// Uses the fastest kernels of this machine that pass the self-test, on the caller's thread: the next slower ones if they do not,
    /// and the definitions if none does.
    /// </summary>
    public CpuBackend()
        : this(KernelSelfTest.Best())
    {
    }

    /// <inheritdoc cref="CpuBackend()"/>
    /// <param name="threads">Threads that share an operation, the caller's included. They never change a bit.</param>
    public CpuBackend(int threads)
        : this(KernelSelfTest.Best(), threads)
    {
    }

    /// <summary>Uses one kernel without a self-test; for tests and measurements.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="threads">Threads that share an operation, the caller's included. They never change a bit.</param>
    /// <exception cref="NotSupportedException">The machine does not have it.</exception>
    public CpuBackend(CpuKernel kernel, int threads = 1)
    {
        if (!IsSupported(kernel))
        {
            throw new NotSupportedException($"This machine has no {kernel}.");
        }

        Kernel = kernel;
        _context = new KernelContext(kernel, threads);
        _gemm = threads == 1 ? CreateEngine(kernel) : new TeamEngine(_context.Team, () => CreateEngine(kernel));
    }

    /// <summary>The kernels in use.</summary>
    public CpuKernel Kernel { get; }

    /// <summary>Threads that share an operation, the caller's included.</summary>
    public int Threads => _context.Team.Size;

    /// <summary>True if this machine has the instructions.</summary>
    public static bool IsSupported(CpuKernel kernel) => kernel switch
    {
        CpuKernel.AvxVnni => AvxVnni.IsSupported,
        CpuKernel.Avx512 or CpuKernel.Avx512Byte => Avx512BW.IsSupported,
        CpuKernel.Avx2 => Avx2.IsSupported,
        _ => kernel is CpuKernel.Portable or CpuKernel.Scalar,
    };

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A tensor is smaller than the shape says.</exception>
    /// <exception cref="InvalidOperationException">Another call runs.</exception>
    /// <exception cref="ObjectDisposedException">The backend was disposed.</exception>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        _use.Enter(this);
        try
        {
            if (Kernel == CpuKernel.Scalar)
            {
                _scalar.MatMul(shape, a, b, c);
            }
            else if (a.Type == TensorType.Float32)
            {
                _context.FloatGemm.Multiply(shape, a.Float32, b.Float32, c.Float32);
            }
            else
            {
                MatMulInt8(shape, a, b, c);
            }
        }
        finally
        {
            _use.Exit();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The call must have passed <see cref="TensorOp.Check"/> and <see cref="TensorOp.CheckCall"/>: kernels trust it.</remarks>
    /// <exception cref="InvalidOperationException">Another call runs.</exception>
    /// <exception cref="ObjectDisposedException">The backend was disposed.</exception>
    public long Run(TensorOp operation, in TensorCall call)
    {
        _use.Enter(this);
        try
        {
            return Kernel != CpuKernel.Scalar && KernelTable.Find(operation) is { } kernel ? kernel(_context, call) : operation.Execute(call);
        }
        finally
        {
            _use.Exit();
        }
    }

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _scalar.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _scalar.Checkpoint(name, state);

    /// <summary>Frees the working memory and ends the threads; not while a call runs.</summary>
    /// <exception cref="InvalidOperationException">A call runs.</exception>
    public void Dispose()
    {
        if (_use.TryEnd(this))
        {
            _gemm.Dispose();
            _context.Dispose();
        }
    }

    private unsafe void MatMulInt8(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        if (a.Length < (long)shape.M * shape.K || b.Length < (long)shape.K * shape.N || c.Length < (long)shape.M * shape.N)
        {
            throw new ArgumentException($"A tensor is smaller than {shape} says.");
        }

        fixed (sbyte* left = a.Int8, right = b.Int8)
        fixed (int* result = c.Int32)
        {
            if (!_gemm.Multiply(shape, new OutputRegion(0, shape.M, 0, shape.N), left, right, result))
            {
                throw new InvalidOperationException($"{Kernel} cannot multiply these operands.");
            }
        }
    }

    /// <summary>A kernel for one thread.</summary>
    internal static IGemmEngine CreateEngine(CpuKernel kernel) => kernel switch
    {
        CpuKernel.Avx512Byte => new NarrowFirstEngine(
            new GemmEngine<Avx512ByteLane, Vector512<int>>(),
            CreateEngine(AvxVnni.IsSupported ? CpuKernel.AvxVnni : CpuKernel.Avx512)),
        CpuKernel.AvxVnni => new GemmEngine<AvxVnniLane, Vector256<int>>(),
        CpuKernel.Avx512 => new GemmEngine<Avx512Lane, Vector512<int>>(),
        CpuKernel.Avx2 => new GemmEngine<Avx2Lane, Vector256<int>>(),
        _ => new GemmEngine<PortableLane, Vector256<int>>(),
    };
}
