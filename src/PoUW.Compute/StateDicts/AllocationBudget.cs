namespace PoUW.Compute.StateDicts;

/// <summary>
/// What a reader may still allocate for a file. Whoever reads takes the bytes first, by a generous estimate of what the runtime will
/// use, and refuses the file when there are none left.
/// </summary>
internal sealed class AllocationBudget(long fileBytes, double factor, long slack)
{
    /// <summary>Bytes of an object or array beside its content.</summary>
    public const int ObjectBytes = 24;

    /// <summary>Bytes of a reference.</summary>
    public const int ReferenceBytes = 8;

    private long _left = (long)Math.Min(fileBytes * factor, long.MaxValue / 2) + slack;

    /// <summary>Takes bytes; false, with nothing taken, if there are not so many.</summary>
    public bool TryTake(long bytes)
    {
        if (bytes > _left)
        {
            return false;
        }

        _left -= bytes;
        return true;
    }

    /// <summary>Takes the bytes of a text of so many characters.</summary>
    public bool TryTakeText(int characters) => TryTake(ObjectBytes + (2L * characters));

    /// <summary>Takes the bytes of an array.</summary>
    public bool TryTakeArray(long length, int elementBytes) => length <= int.MaxValue && TryTake(ObjectBytes + (length * elementBytes));
}
