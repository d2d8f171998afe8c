using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PoUW.Compute.Backends;
using PoUW.Compute.Threading;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>
/// The exact fp32 product. Each result is a chain of fused multiply-adds, acc = fma(a[i, k], b[k, j], acc) for k = 0, 1, ... from +0 or
/// from the old result, each rounded once to nearest even with denormals; a NaN at the end becomes 0x7FC00000. Cache blocks store and
/// reload acc, vectors and threads run across results only, so the bits depend on neither the kernel nor the team.
/// Keeps its working memory: a steady workload allocates nothing. Not thread-safe, nor may its team be in use elsewhere meanwhile.
/// </summary>
public sealed unsafe class FloatGemm : IDisposable
{
    private readonly ThreadTeam _team;
    private readonly IFloatGemmEngine _engine;
    private ExclusiveUse _use;

    /// <summary>Uses the fastest kernel of this machine.</summary>
    /// <param name="team">Who computes; stays the caller's to dispose.</param>
    public FloatGemm(ThreadTeam team)
        : this(Best(), team)
    {
    }

    /// <summary>Uses one kernel; for tests and measurements.</summary>
    /// <exception cref="NotSupportedException">The machine does not have it.</exception>
    public FloatGemm(FloatKernel kernel, ThreadTeam team)
        : this(kernel, team, GemmBlocking.Default)
    {
    }

    internal FloatGemm(FloatKernel kernel, ThreadTeam team, GemmBlocking blocking)
    {
        ArgumentNullException.ThrowIfNull(team);
        if (!IsSupported(kernel))
        {
            throw new NotSupportedException($"This machine has no {kernel}.");
        }

        Kernel = kernel;
        _team = team;
        _engine = kernel switch
        {
            FloatKernel.Avx512 => new FloatGemmEngine<Vector512Lane, Vector512<float>>(team.Size, blocking),
            FloatKernel.Avx2 => new FloatGemmEngine<Vector256Lane, Vector256<float>>(team.Size, blocking),
            _ => new FloatGemmEngine<Vector128Lane, Vector128<float>>(team.Size, blocking),
        };
    }

    /// <summary>The kernel in use.</summary>
    public FloatKernel Kernel { get; }

    /// <summary>The fastest kernel of this machine.</summary>
    public static FloatKernel Best() => IsSupported(FloatKernel.Avx512) ? FloatKernel.Avx512
        : IsSupported(FloatKernel.Avx2) ? FloatKernel.Avx2
        : FloatKernel.Portable;

    /// <summary>The float kernel that goes with an int8 kernel: the same width, or the portable one where the machine lacks FMA.</summary>
    public static FloatKernel For(CpuKernel kernel) => kernel switch
    {
        CpuKernel.AvxVnni or CpuKernel.Avx512Byte => Best(),
        CpuKernel.Avx512 when IsSupported(FloatKernel.Avx512) => FloatKernel.Avx512,
        CpuKernel.Avx2 when IsSupported(FloatKernel.Avx2) => FloatKernel.Avx2,
        _ => FloatKernel.Portable,
    };

    /// <summary>True if this machine has the instructions.</summary>
    public static bool IsSupported(FloatKernel kernel) => kernel switch
    {
        FloatKernel.Avx512 => Avx512F.IsSupported,
        FloatKernel.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => kernel == FloatKernel.Portable,
    };

    /// <summary>C = op(A) * op(B), or C += op(A) * op(B), of dense row-major matrices.</summary>
    /// <exception cref="ArgumentException">A dimension is less than 1 or a span is shorter than its matrix.</exception>
    /// <exception cref="InvalidOperationException">Another call runs.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Multiply(in MatMulShape shape, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, bool accumulate = false)
    {
        if (a.Length < (long)shape.M * shape.K || b.Length < (long)shape.K * shape.N || c.Length < (long)shape.M * shape.N)
        {
            throw new ArgumentException("A span is shorter than its matrix.");
        }

        fixed (float* left = a, right = b, result = c)
        {
            Multiply(FloatProduct.Dense(shape, accumulate), left, right, result);
        }
    }

    /// <summary>
    /// Computes the products of <paramref name="product"/>. C overlaps neither A nor B; the pointers are the caller's to vouch for.
    /// </summary>
    /// <exception cref="ArgumentException">A dimension is less than 1 or a stride is less than its row.</exception>
    internal void Multiply(in FloatProduct product, float* a, float* b, float* c)
    {
        MatMulShape shape = product.Shape;
        if (shape.M < 1 || shape.K < 1 || shape.N < 1 || product.Count < 0)
        {
            throw new ArgumentException($"A dimension of {product} is less than 1.");
        }

        if (product.RowStrideA < (shape.TransposeA ? shape.M : shape.K)
            || product.RowStrideB < (shape.TransposeB ? shape.K : shape.N)
            || product.RowStrideC < shape.N)
        {
            throw new ArgumentException($"A stride of {product} is less than its row.");
        }

        _use.Enter(this);
        try
        {
            _engine.Multiply(product, a, b, c, _team);
        }
        finally
        {
            _use.Exit();
        }
    }

    /// <summary>Frees the working memory; the team goes on. Not while a call runs.</summary>
    /// <exception cref="InvalidOperationException">A call runs.</exception>
    public void Dispose()
    {
        if (_use.TryEnd(this))
        {
            _engine.Dispose();
        }
    }
}
