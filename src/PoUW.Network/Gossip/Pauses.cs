namespace PoUW.Network.Gossip;

/// <summary>Waits of loops that look by themselves whether they are to end.</summary>
internal static class Pauses
{
    /// <summary>Waits for a time, or until the token is cancelled: then it returns at once.</summary>
    public static async ValueTask PauseAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(delay, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The caller's loop sees it.
        }
    }
}
