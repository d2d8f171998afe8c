using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>Reads a whole state and compares every node with the hash that leads to it.</summary>
internal sealed class StateAudit(IKeyValueReader reader, FindingList findings)
{
    /// <summary>Checks a state; what is wrong with it becomes one finding.</summary>
    /// <returns>How many records were right.</returns>
    internal ulong Check(StateVersion version, ulong height, CancellationToken cancellation)
    {
        ulong records = 0;
        findings.Try(IntegrityArea.State, height, () => Walk(version.Root, ref records, cancellation), out _);
        return records;
    }

    private bool Walk(Hash256 root, ref ulong records, CancellationToken cancellation)
    {
        // The stack holds one sibling a level at most, and the tree is not deeper than its paths are long.
        Stack<Hash256> open = new();
        open.Push(root);
        while (open.TryPop(out Hash256 hash))
        {
            cancellation.ThrowIfCancellationRequested();
            if (hash.IsZero)
            {
                continue;
            }

            byte[] stored = reader.Get([.. "state/"u8, .. hash.ToArray()]) ?? throw new StateTreeException($"State node {hash} is missing.");
            StateNode node = StateNode.Decode(stored);
            if (node.Hash != hash)
            {
                throw new StateTreeException($"State node {hash} is damaged.");
            }

            if (node.IsLeaf)
            {
                records++;
                continue;
            }

            open.Push(node.Right);
            open.Push(node.Left);
        }

        return true;
    }
}
