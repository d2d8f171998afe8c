using System.Numerics;
using PoUW.Core.Primitives;
using PoUW.Vm.State;

namespace PoUW.Vm.Tracing;

/// <summary>
/// The tensor instructions of a run as the leaves of a Merkle tree (that of <see cref="MerkleAccumulator"/>), the operator tree of a step.
/// Two parties that ran the same step find their first difference by comparing nodes of their trees. Immutable and thread-safe.
/// </summary>
public sealed class StepTrace
{
    private readonly HashTree _tree;

    /// <summary>Builds the tree over records in the order in which they ran.</summary>
    /// <exception cref="ArgumentException">A record's sequence number is not its position.</exception>
    public StepTrace(IReadOnlyList<TraceRecord> records)
    {
        Records = [.. records];
        _tree = new HashTree(Records.Count);
        for (int i = 0; i < Records.Count; i++)
        {
            if (Records[i].Sequence != i)
            {
                throw new ArgumentException($"The record at {i} has the sequence number {Records[i].Sequence}.", nameof(records));
            }

            HashTree.HashLeaf(Records[i].Encode(), _tree.Leaf(i));
        }

        _tree.UpdateAll();
        Root = _tree.Root;
    }

    /// <summary>The records.</summary>
    public IReadOnlyList<TraceRecord> Records { get; }

    /// <summary>Number of records. A commitment needs it beside the root, since it gives the tree its form.</summary>
    public int Count => Records.Count;

    /// <summary>Root over the encodings of the records; SHA-256 of nothing if there are none.</summary>
    public Hash256 Root { get; }

    /// <summary>Levels of the tree, the leaves (level 0) and the root included.</summary>
    public int Levels => _tree.Levels;

    /// <summary>The root of a subtree: that over the records [index * 2^level, (index + 1) * 2^level), as far as there are any.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such node.</exception>
    public Hash256 Node(int level, int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)level, (uint)Levels, nameof(level));
        return _tree.Node(level, index);
    }

    /// <summary>A proof of one record.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such record.</exception>
    public TraceProof Prove(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return new TraceProof(Records[index], _tree.Path(index));
    }

    /// <summary>Index of the first record in which another trace differs; the length of the shorter one if it is a prefix; -1 if they are equal.</summary>
    public int FirstDifference(StepTrace other) => FirstDifference(other.Count, other.Node);

    /// <summary>
    /// The same for a trace whose nodes somebody else holds. Asks for at most 2 log2(n) + 1 nodes, all of them subtrees that both trees have
    /// in full. Ends with some record also if the answers contradict each other; who asks has to demand proofs of that record.
    /// </summary>
    /// <param name="otherCount">Records of the other trace.</param>
    /// <param name="otherNode">Gives a node of the other trace by level and index, see <see cref="Node"/>.</param>
    public int FirstDifference(int otherCount, Func<int, int, Hash256> otherNode)
    {
        int common = Math.Min(Count, otherCount);
        for (int start = 0; start < common;)
        {
            int level = BitOperations.Log2((uint)(common - start));
            int index = start >> level;
            if (Node(level, index) != otherNode(level, index))
            {
                return Descend(level, index, otherNode);
            }

            start += 1 << level;
        }

        return Count == otherCount ? -1 : common;
    }

    private int Descend(int level, int index, Func<int, int, Hash256> otherNode)
    {
        while (level > 0)
        {
            level--;
            index *= 2;
            if (Node(level, index) == otherNode(level, index))
            {
                index++;
            }
        }

        return index;
    }
}
