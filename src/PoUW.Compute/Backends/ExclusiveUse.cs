namespace PoUW.Compute.Backends;

/// <summary>
/// Refuses the second of two calls at a time, and calls after the end, of an object with native working memory: that memory moves when it
/// grows, so such calls would read and write memory of others. A field, not to be copied. Since <see cref="Exit"/> writes to it, the
/// owner stays reachable, and its memory unfinalised, until the call is over.
/// </summary>
internal struct ExclusiveUse
{
    private const int Free = 0;
    private const int Taken = 1;
    private const int Over = 2;

    private int _state;

    /// <summary>Starts a call; <see cref="Exit"/> must follow.</summary>
    /// <exception cref="InvalidOperationException">Another call runs.</exception>
    /// <exception cref="ObjectDisposedException">The end was declared.</exception>
    public void Enter(object owner)
    {
        int state = Interlocked.CompareExchange(ref _state, Taken, Free);
        if (state != Free)
        {
            Refuse(state, owner);
        }
    }

    /// <summary>Ends a call.</summary>
    public void Exit() => Volatile.Write(ref _state, Free);

    /// <summary>Declares the end, once.</summary>
    /// <returns>False if the end was declared before.</returns>
    /// <exception cref="InvalidOperationException">A call runs.</exception>
    public bool TryEnd(object owner)
    {
        int state = Interlocked.CompareExchange(ref _state, Over, Free);
        if (state == Taken)
        {
            Refuse(state, owner);
        }

        return state == Free;
    }

    private static void Refuse(int state, object owner)
    {
        ObjectDisposedException.ThrowIf(state == Over, owner);
        throw new InvalidOperationException($"{owner.GetType().Name} is in use; it serves one call at a time.");
    }
}
