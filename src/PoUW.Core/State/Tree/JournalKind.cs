namespace PoUW.Core.State.Tree;

/// <summary>What a commit did. The values are stored.</summary>
internal enum JournalKind : byte
{
    /// <summary>A path got a value.</summary>
    ValueSet = 0,

    /// <summary>A path lost its value.</summary>
    ValueRemoved = 1,

    /// <summary>A page was written.</summary>
    PageWritten = 2,

    /// <summary>A page is no longer part of the tree.</summary>
    PageGone = 3,
}
