namespace PoUW.Network.Muxing;

/// <summary>The bytes of short writes that all streams of a connection may have copied. Used under the connection's lock.</summary>
internal sealed class SendBudget(int limitBytes)
{
    public int Used { get; private set; }

    public bool TryTake(int bytes)
    {
        bool fits = bytes <= limitBytes - Used;
        Used += fits ? bytes : 0;
        return fits;
    }

    public void Return(int bytes) => Used -= bytes;
}
