using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Guards.Attackers;

/// <summary>TCP for a node that can stop to read, while everything else of it goes on: to the other side its machine is alive and takes nothing.</summary>
internal sealed class StallingTransport : ITransport
{
    private readonly TcpTransport _inner = new();
    private readonly TaskCompletionSource _never = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Once true, no read of any connection completes until <see cref="Release"/>.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Lets reads go on.</summary>
    public void Release()
    {
        IsStalled = false;
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
            if (owner.IsStalled)
            {
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
                try
                {
                    await owner._never.Task.WaitAsync(either.Token);
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    throw new NetworkException(NetworkError.Closed, "The connection was closed on this side.");
                }
            }

            return await inner.ReadAsync(destination, cancellation);
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) => inner.WriteAsync(source, cancellation);

        public ValueTask CloseWritingAsync() => inner.CloseWritingAsync();

        public ValueTask CloseAsync()
        {
            _closed.Cancel();
            return inner.CloseAsync();
        }

        public ValueTask DisposeAsync() => CloseAsync();
    }
}
