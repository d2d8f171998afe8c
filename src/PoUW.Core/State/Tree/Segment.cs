namespace PoUW.Core.State.Tree;

/// <summary>
/// A run of commits with consecutive numbers, each on top of the one before. The first of a run stands on a commit of another run, so the
/// ancestors of a commit are its run up to it, the parent run up to where this one begins, and so on. Each run knows a farther ancestor
/// too (the skew-binary jumps of Myers, "An applicative random-access stack", 1983), so a search takes a logarithm of the runs. Immutable.
/// </summary>
internal sealed class Segment
{
    /// <summary>The run that everything begins with.</summary>
    internal static readonly Segment Root = new();

    private readonly Segment _parent;
    private readonly Segment _jump;
    private readonly ulong _parentLast;
    private readonly int _depth;

    /// <summary>A run that begins with <paramref name="from"/>, on top of <paramref name="parentLast"/> in another run.</summary>
    internal Segment(ulong from, Segment parent, ulong parentLast)
    {
        From = from;
        _parent = parent;
        _parentLast = parentLast;
        _depth = parent._depth + 1;
        bool even = parent._depth - parent._jump._depth == parent._jump._depth - parent._jump._jump._depth;
        _jump = even ? parent._jump._jump : parent;
    }

    private Segment()
    {
        _parent = this;
        _jump = this;
    }

    /// <summary>The first number.</summary>
    internal ulong From { get; }

    /// <summary>True if a number is that of <paramref name="last"/>, which is in this run, or of an ancestor of it.</summary>
    internal bool Contains(ulong number, ulong last)
    {
        if (number >= From)
        {
            return number <= last;
        }

        Segment at = this;
        while (true)
        {
            if (at._jump.From > number)
            {
                at = at._jump;
            }
            else if (at._parent.From > number)
            {
                at = at._parent;
            }
            else
            {
                return number <= at._parentLast;
            }
        }
    }
}
