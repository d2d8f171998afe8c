namespace PoUW.Core.Archive;

/// <summary>Collects findings up to a limit. Used by one thread.</summary>
internal sealed class FindingList(int limit)
{
    private readonly List<IntegrityFinding> _items = [];

    internal IReadOnlyList<IntegrityFinding> Items => _items;

    /// <exception cref="FullException">The limit is reached.</exception>
    internal void Add(IntegrityArea area, ulong? height, string message)
    {
        _items.Add(new IntegrityFinding(area, height, message));
        if (_items.Count == limit)
        {
            throw new FullException();
        }
    }

    /// <summary>Reads something from the store; a failure becomes a finding.</summary>
    internal bool Try<T>(IntegrityArea area, ulong? height, Func<T> read, out T? value)
    {
        try
        {
            value = read();
            return true;
        }
        catch (Exception failure) when (failure is PouwException or ArgumentException)
        {
            // Records of a fixed length that have another one are refused by the types that they are made of, as arguments.
            Add(area, height, failure.Message);
        }

        value = default;
        return false;
    }

    /// <summary>Leaves the check early; does not leave the archive.</summary>
    internal sealed class FullException() : PouwException("Enough was found.");
}
