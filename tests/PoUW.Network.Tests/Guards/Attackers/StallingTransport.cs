using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Guards.Attackers;

/// <summary>
/// TCP for a node that can stop to read, or read a few bytes now and then, while everything else of it goes on: to the other side its machine is alive.
/// </summary>
/// <param name="time">The clock of the trickle.</param>
internal sealed class StallingTransport(TimeProvider time) : ITransport
{
    private static readonly TimeSpan TrickleInterval = TimeSpan.FromMilliseconds(50);

    private readonly TcpTransport _inner = new();
    private readonly TaskCompletionSource _never = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Once true, no read of any connection completes until <see cref="Release"/>.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Above zero: each read waits 50 ms and takes so many bytes at most.</summary>
    public int TrickleBytes { get; set; }

    private TimeProvider Time => time;

    /// <summary>Lets reads go on.</summary>
    public void Release()
    {
        (IsStalled, TrickleBytes) = (false, 0);
        _never.TrySetResult();
    }

    public bool CanDial(Multiaddr address) => _inner.CanDial(address);

    public ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation) => _inner.ListenAsync(address, cancellation);

    public async ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation) =>
        new StallingConnection(this, await _inner.DialAsync(address, cancellation));

    private sealed class StallingConnection(StallingTransport owner, IConnection inner) : IConnection
    {
        private readonly CancellationTokenSource _closed = new();

        public Multiaddr RemoteAddress => inner.RemoteAddress;

        public Multiaddr LocalAddress => inner.LocalAddress;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
        {
            int trickle = owner.TrickleBytes;
            if (owner.IsStalled || trickle > 0)
            {
                Task until = owner._never.Task;
                await WaitAsync(trickle > 0 ? Task.WhenAny(until, Task.Delay(TrickleInterval, owner.Time, _closed.Token)) : until, cancellation);
            }

            return await inner.ReadAsync(trickle > 0 && destination.Length > trickle ? destination[..trickle] : destination, cancellation);
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) => inner.WriteAsync(source, cancellation);

        public ValueTask CloseWritingAsync() => inner.CloseWritingAsync();

        public ValueTask CloseAsync()
        {
            _closed.Cancel();
            return inner.CloseAsync();
        }

        public ValueTask DisposeAsync() => CloseAsync();

        private async Task WaitAsync(Task until, CancellationToken cancellation)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
            try
            {
                await until.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new NetworkException(NetworkError.Closed, "The connection was closed on this side.");
            }
        }
    }
}
