using PoUW.Network.Framing;

namespace PoUW.Network.Sessions;

/// <summary>A sender that waits for room in a queue.</summary>
internal sealed class OutboundWaiter(OutboundFrame frame)
{
    public OutboundFrame Frame => frame;

    /// <summary>True once the frame is queued, false if the session ended first.</summary>
    public TaskCompletionSource<bool> Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
