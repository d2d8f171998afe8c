namespace PoUW.Storage.Sqlite;

/// <summary>A bounded number of readers, opened when they are first needed. Thread-safe, but for <see cref="Pause"/>.</summary>
internal sealed class ReaderPool(int size, Func<PairReader> open, object owner) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _slots = new(size);
    private readonly Stack<PairReader> _idle = new();
    private bool _closed;

    /// <summary>A reader for this thread alone, which gives it back. Waits for one.</summary>
    internal PairReader Rent()
    {
        _slots.Wait();
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_closed, owner);
                if (_idle.TryPop(out PairReader? reader))
                {
                    return reader;
                }
            }

            return open();
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    internal void Return(PairReader reader)
    {
        lock (_gate)
        {
            _idle.Push(reader);
        }

        _slots.Release();
    }

    /// <summary>Makes readers that nobody uses let go of what they see.</summary>
    internal void EndIdle()
    {
        lock (_gate)
        {
            foreach (PairReader reader in _idle)
            {
                reader.End();
            }
        }
    }

    /// <summary>Waits until nobody reads, and runs an action while nobody can. One thread at a time may call it.</summary>
    internal void Pause(Action action)
    {
        for (int i = 0; i < size; i++)
        {
            _slots.Wait();
        }

        try
        {
            EndIdle();
            action();
        }
        finally
        {
            _slots.Release(size);
        }
    }

    /// <summary>Waits until nobody reads and closes all. Later callers are refused.</summary>
    public void Dispose() => Pause(Close);

    private void Close()
    {
        lock (_gate)
        {
            _closed = true;
            while (_idle.TryPop(out PairReader? reader))
            {
                reader.Dispose();
            }
        }
    }
}
