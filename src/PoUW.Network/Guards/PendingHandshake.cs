using System.Net;

namespace PoUW.Network.Guards;

/// <summary>The place of one handshake among <see cref="PendingHandshakes"/>. Disposing it gives the place back; any thread, idempotent.</summary>
public sealed class PendingHandshake : IDisposable
{
    private readonly PendingHandshakes _owner;
    private readonly CancellationTokenSource _end;

    internal PendingHandshake(PendingHandshakes owner, IPAddress address, TimeSpan deadline, TimeProvider time)
    {
        (_owner, Address) = (owner, address);
        _end = new CancellationTokenSource(deadline, time);
        Token = _end.Token;
    }

    /// <summary>Cancelled when the deadline has passed or the place went to another handshake: the connection is to be closed then.</summary>
    public CancellationToken Token { get; }

    /// <summary>True if the place went to another handshake.</summary>
    public bool IsEvicted { get; private set; }

    /// <summary>The other side's; IPAddress.None where there is none.</summary>
    internal IPAddress Address { get; }

    /// <summary>Its place in the owner's list, under the owner's lock.</summary>
    internal LinkedListNode<PendingHandshake>? Node { get; set; }

    /// <summary>Counts the handshakes of the owner.</summary>
    internal long Number { get; set; }

    /// <summary>Gives the place back.</summary>
    public void Dispose()
    {
        _owner.Remove(this);
        _end.Dispose();
    }

    internal void Evict()
    {
        IsEvicted = true;
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The handshake ended on its own in this moment.
        }
    }
}
