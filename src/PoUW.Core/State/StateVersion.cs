using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>
/// Names a committed state on this machine. Two blocks on different branches may have one root, and pruning must tell them apart: so each
/// commit has a number of its own, which means nothing to other machines.
/// </summary>
/// <param name="Number">The number of the commit, growing from 1; 0 for the empty state.</param>
/// <param name="Root">The state root.</param>
public readonly record struct StateVersion(ulong Number, Hash256 Root)
{
    /// <summary>The empty state.</summary>
    public static StateVersion Empty => default;
}
