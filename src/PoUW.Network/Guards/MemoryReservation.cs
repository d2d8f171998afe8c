using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>Memory that was reserved. Disposing gives it back; so does disposing its stream or connection. Any thread, idempotent.</summary>
public sealed class MemoryReservation : IDisposable
{
    private readonly ResourceManager _manager;
    private readonly ConnectionScope _connection;
    private readonly StreamScope? _stream;
    private long _bytes;

    private MemoryReservation(ResourceManager manager, ConnectionScope connection, StreamScope? stream) =>
        (_manager, _connection, _stream) = (manager, connection, stream);

    /// <summary>How much is reserved.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Reserves more.</summary>
    /// <param name="bytes">How much more; not negative.</param>
    public ValidationResult TryGrow(long bytes)
    {
        ValidationResult result = _manager.TryReserve(_connection, _stream, bytes);
        if (result.IsValid)
        {
            Interlocked.Add(ref _bytes, bytes);
        }

        return result;
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
