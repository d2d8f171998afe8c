namespace PoUW.Network.Requests;

/// <summary>The requests of one connected peer, both directions. Any thread.</summary>
internal sealed class RequestPeer(RequestOptions options)
{
    private int _inbound;

    /// <summary>Those that this node sent.</summary>
    public OutstandingRequests Outstanding { get; } = new(options.MaxOutstanding);

    /// <summary>Takes a place for a request of the peer.</summary>
    public bool TryEnterInbound()
    {
        if (Interlocked.Increment(ref _inbound) <= options.MaxInbound)
        {
            return true;
        }

        LeaveInbound();
        return false;
    }

    public void LeaveInbound() => Interlocked.Decrement(ref _inbound);
}
