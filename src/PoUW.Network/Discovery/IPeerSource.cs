namespace PoUW.Network.Discovery;

/// <summary>
/// Where discovery asks for more peers when the book runs out. What it finds it puts into the book. It is not trusted to find anything, but
/// must end when it is cancelled, and by itself after a bounded time. One call at a time.
/// </summary>
public interface IPeerSource
{
    /// <summary>Looks for peers.</summary>
    /// <param name="wanted">About how many are wanted.</param>
    /// <param name="cancellation">Cancelled when discovery stops.</param>
    /// <exception cref="NetworkException">It could not be asked.</exception>
    ValueTask FindAsync(int wanted, CancellationToken cancellation);
}
