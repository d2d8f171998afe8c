using System.Runtime.Intrinsics.X86;
using PoUW.Core;

namespace PoUW.Compute.TileWork;

/// <summary>Chooses a kernel: the fastest that the machine has and that gives the right results.</summary>
internal static class TileKernels
{
    private static readonly TileKernelKind[] FastestFirst =
        [TileKernelKind.Vnni, TileKernelKind.Avx512, TileKernelKind.Avx2, TileKernelKind.Portable];

    /// <summary>The kernels of this machine, the fastest first.</summary>
    public static IEnumerable<TileKernelKind> Supported => FastestFirst.Where(IsSupported);

    /// <summary>Chooses and tests.</summary>
    /// <param name="wanted">The kernel, or <see cref="TileKernelKind.Auto"/>.</param>
    /// <exception cref="PouwException">The kernel asked for is not available here, or none gives right results.</exception>
    public static (TileKernel Kernel, TileKernelKind Kind) Choose(TileKernelKind wanted) => Choose(wanted, Create, TileWorkSelfTest.Passes);

    /// <summary>The same with another maker and test, to show what happens when a test fails.</summary>
    internal static (TileKernel Kernel, TileKernelKind Kind) Choose(
        TileKernelKind wanted, Func<TileKernelKind, TileKernel> create, Func<TileKernel, bool> passes)
    {
        if (wanted != TileKernelKind.Auto && !IsSupported(wanted))
        {
            throw new PouwException($"This processor has no {wanted}.");
        }

        foreach (TileKernelKind kind in wanted == TileKernelKind.Auto ? Supported : [wanted])
        {
            TileKernel kernel = create(kind);
            if (passes(kernel))
            {
                return (kernel, kind);
            }
        }

        throw new PouwException($"The tile-work kernel fails its self-test on this machine ({wanted}); mining would yield invalid blocks.");
    }

    /// <summary>Makes a kernel without testing it.</summary>
    public static TileKernel Create(TileKernelKind kind) => kind switch
    {
        TileKernelKind.Vnni => new VnniTileKernel(),
        TileKernelKind.Avx512 => new Avx512TileKernel(),
        TileKernelKind.Avx2 => new PairTileKernel<Avx2PairProduct>(),
        TileKernelKind.Portable => new PairTileKernel<PortablePairProduct>(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kernel."),
    };

    private static bool IsSupported(TileKernelKind kind) => kind switch
    {
        TileKernelKind.Vnni => VnniTileKernel.IsSupported,
        TileKernelKind.Avx512 => Avx512TileKernel.IsSupported,
        TileKernelKind.Avx2 => Avx2.IsSupported,
        _ => kind == TileKernelKind.Portable,
    };
}
