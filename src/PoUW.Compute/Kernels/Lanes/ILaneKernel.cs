namespace PoUW.Compute.Kernels.Lanes;

/// <summary>
/// A kernel that is written once for all lanes and whose outputs can be computed apart: it runs over a range of units (elements, rows or
/// columns). A struct, so that the compiler specialises it and a call allocates nothing.
/// </summary>
internal interface ILaneKernel
{
    /// <summary>Computes the units from .. to - 1; parts run on several threads at a time.</summary>
    /// <param name="from">First unit.</param>
    /// <param name="to">One past the last unit.</param>
    /// <param name="participant">Selects working memory, as in <see cref="Threading.ITeamJob"/>.</param>
    void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
