namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// What a device turned out to have, below what it may use. Learnt only where a smaller part succeeded, since a failure may have been of the operands
/// or of somebody else's making; and forgotten after some products, since others give memory back. Not thread-safe.
/// </summary>
internal sealed class MemoryLimit
{
    internal const int Products = 64;

    private readonly long _most;
    private long _learnt;
    private int _left;

    internal MemoryLimit(long most) => (_most, _learnt) = (most, most);

    /// <summary>The bytes that the next product may use.</summary>
    internal long Begin()
    {
        if (_left > 0 && --_left == 0)
        {
            _learnt = _most;
        }

        return _learnt;
    }

    /// <summary>A product succeeded after parts above this had failed.</summary>
    internal void Succeeded(long below)
    {
        if (below < _learnt)
        {
            (_learnt, _left) = (below, Products);
        }
    }
}
