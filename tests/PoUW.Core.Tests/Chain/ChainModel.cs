namespace PoUW.Core.Tests.Chain;

/// <summary>
/// What a chain with an orphan pool must do with the blocks of a tree, written down in the simplest way: which events it tells, which head it has.
/// </summary>
internal sealed class ChainModel(BlockTree tree, int depth)
{
    private readonly HashSet<int> _known = [0];
    private readonly HashSet<int> _invalid = [];
    private readonly List<int> _waiting = [];

    internal int Head { get; private set; }

    internal int Finalized { get; private set; }

    internal List<string> Events { get; } = [];

    internal void Import(int node)
    {
        if (_known.Contains(tree.Nodes[node].Parent))
        {
            List<int> arrived = Take(node) ? [node] : [];
            for (int i = 0; i < arrived.Count; i++)
            {
                foreach (int child in _waiting.Where(child => tree.Nodes[child].Parent == arrived[i]).ToList())
                {
                    _waiting.Remove(child);
                    if (_invalid.Contains(arrived[i]))
                    {
                        _invalid.Add(child);
                        arrived.Add(child);
                    }
                    else if (Take(child) || _invalid.Contains(child))
                    {
                        arrived.Add(child);
                    }
                }
            }
        }
        else if (!_known.Contains(node) && !_waiting.Contains(node) && HeightOf(node) > HeightOf(Finalized))
        {
            _waiting.Add(node);
        }
    }

    internal int HeightOf(int node) => (int)tree.Nodes[node].Block.Header.Height;

    /// <summary>True if the block was new and is in the chain now, on whatever branch.</summary>
    private bool Take(int node)
    {
        int parent = tree.Nodes[node].Parent;
        if (_known.Contains(node) || _invalid.Contains(parent) || HeightOf(Fork(parent)) < HeightOf(Finalized))
        {
            return false;
        }

        if (parent == Head)
        {
            _known.Add(node);
            if (!tree.Nodes[node].IsValid)
            {
                _invalid.Add(node);
                return false;
            }

            Move(node);
            return true;
        }

        _known.Add(node);
        if (tree.Nodes[node].Work > tree.Nodes[Head].Work)
        {
            List<int> branch = [.. tree.PathTo(node).Where(at => HeightOf(at) > HeightOf(Fork(node)))];
            int bad = branch.FindIndex(at => !tree.Nodes[at].IsValid || _invalid.Contains(at));
            if (bad >= 0)
            {
                _invalid.UnionWith(branch[bad..]);
                return false;
            }

            Move(node);
        }

        return true;
    }

    private void Move(int to)
    {
        int fork = Fork(to);
        for (int at = Head; at != fork; at = tree.Nodes[at].Parent)
        {
            Events.Add($"-{at}");
        }

        Events.AddRange(tree.PathTo(to).Where(at => HeightOf(at) > HeightOf(fork)).Select(at => $"+{at}"));
        Head = to;
        int final = HeightOf(to) - depth;
        if (final > HeightOf(Finalized))
        {
            Finalized = tree.PathTo(to)[final - 1];
        }
    }

    private int Fork(int node)
    {
        HashSet<int> canonical = [0, .. tree.PathTo(Head)];
        while (!canonical.Contains(node))
        {
            node = tree.Nodes[node].Parent;
        }

        return node;
    }
}
