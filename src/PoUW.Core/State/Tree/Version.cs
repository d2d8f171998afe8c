using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>A commit, with its ancestors. Immutable.</summary>
internal sealed record Version(ulong Number, Hash256 Root, ulong Page, Segment Segment)
{
    internal static readonly Version Empty = new(0, Hash256.Zero, 0, Segment.Root);

    /// <summary>True for the number of this commit and of all below it.</summary>
    internal bool Contains(ulong number) => Segment.Contains(number, Number);
}
