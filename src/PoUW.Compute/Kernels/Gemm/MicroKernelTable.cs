namespace PoUW.Compute.Kernels.Gemm;

/// <summary>The micro kernels of a lane by rows and vectors of the block. Immutable; any thread.</summary>
internal sealed unsafe class MicroKernelTable<TLane, TVector>
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    private readonly delegate*<MicroCall*, void>[] _oneVector =
    [
        &MicroKernel<TLane, TVector>.Run<Counts.N1, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N2, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N3, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N4, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N5, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N6, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N7, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N8, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N9, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N10, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N11, Counts.N1>,
        &MicroKernel<TLane, TVector>.Run<Counts.N12, Counts.N1>,
    ];

    private readonly delegate*<MicroCall*, void>[] _twoVectors =
    [
        &MicroKernel<TLane, TVector>.Run<Counts.N1, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N2, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N3, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N4, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N5, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N6, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N7, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N8, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N9, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N10, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N11, Counts.N2>,
        &MicroKernel<TLane, TVector>.Run<Counts.N12, Counts.N2>,
    ];

    /// <summary>The kernel of a block.</summary>
    /// <param name="rows">1 up to the lane's rows.</param>
    /// <param name="vectors">1 or 2.</param>
    public delegate*<MicroCall*, void> this[int rows, int vectors] => (vectors == 1 ? _oneVector : _twoVectors)[rows - 1];
}
