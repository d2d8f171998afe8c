using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>Memory that was reserved. Disposing gives it back; so does disposing its stream or connection. Any thread, idempotent.</summary>
public sealed class MemoryReservation : IDisposable
{
    private readonly ResourceManager _manager;
    private readonly ConnectionScope _connection;
    private readonly StreamScope? _stream;
    private long _bytes;
    private long _most = long.MaxValue;

    private MemoryReservation(ResourceManager manager, ConnectionScope connection, StreamScope? stream) =>
        (_manager, _connection, _stream) = (manager, connection, stream);

    /// <summary>How much is reserved.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The most that it may grow to, whatever the scopes allow; what is reserved already stays.</summary>
    public long MaxBytes
    {
        get => Interlocked.Read(ref _most);
        set => Interlocked.Exchange(ref _most, value);
    }

    /// <summary>Reserves more. One call at a time.</summary>
    /// <param name="bytes">How much more; not negative.</param>
    public ValidationResult TryGrow(long bytes)
    {
        if (bytes > MaxBytes - Bytes)
        {
            return ValidationResult.Fail(ValidationCode.RateLimited, nameof(MaxBytes), $"{Bytes} bytes are reserved, and {MaxBytes} may be.");
        }

        ValidationResult result = _manager.TryReserve(_connection, _stream, bytes);
        if (result.IsValid)
        {
            Interlocked.Add(ref _bytes, bytes);
        }

        return result;
    }

    /// <summary>Gives a part back.</summary>
    /// <param name="bytes">How much; at most what is reserved.</param>
    public void Shrink(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Bytes);
        Interlocked.Add(ref _bytes, -bytes);
        _manager.Return(_connection, _stream, bytes);
    }

    /// <summary>Gives all of it back.</summary>
    public void Dispose() => _manager.Return(_connection, _stream, Interlocked.Exchange(ref _bytes, 0));

    internal static ValidationResult TryCreate(
        ResourceManager manager, ConnectionScope connection, StreamScope? stream, long bytes, out MemoryReservation? reservation)
    {
        MemoryReservation wanted = new(manager, connection, stream);
        ValidationResult result = wanted.TryGrow(bytes);
        reservation = result.IsValid ? wanted : null;
        return result;
    }
}
