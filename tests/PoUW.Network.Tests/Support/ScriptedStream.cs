using PoUW.Network.Streams;

namespace PoUW.Network.Tests.Support;

/// <summary>A peer that says what the test wants, whatever it hears, and then ends its writing.</summary>
internal sealed class ScriptedStream(byte[] script, int maxRead = int.MaxValue) : IDuplexStream
{
    private readonly MemoryStream _written = new();
    private int _position;

    public byte[] Written => _written.ToArray();

    public int Reads { get; private set; }

    public bool IsClosed { get; private set; }

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Reads++;
        int count = Math.Min(Math.Min(destination.Length, maxRead), script.Length - _position);
        script.AsMemory(_position, count).CopyTo(destination);
        _position += count;
        return new ValueTask<int>(count);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        _written.Write(source.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseWritingAsync() => ValueTask.CompletedTask;

    public ValueTask CloseAsync()
    {
        IsClosed = true;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CloseAsync();
}
