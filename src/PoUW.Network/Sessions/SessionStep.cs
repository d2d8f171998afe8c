namespace PoUW.Network.Sessions;

/// <summary>What one received frame means for the session.</summary>
/// <param name="Reason">None to go on, else why the session ends.</param>
/// <param name="ByPeer">True if the peer ended it, so that it need not be told.</param>
internal readonly record struct SessionStep(CloseReason Reason, bool ByPeer)
{
    public static SessionStep Continue => default;

    public static SessionStep Lost => new(CloseReason.Lost, true);

    public static SessionStep Fault(CloseReason reason) => new(reason, false);
}
