namespace PoUW.Network.Tests.Interop;

/// <summary>A js-libp2p node could not do what a test asked for, or has ended.</summary>
internal sealed class JsPeerException : Exception
{
    public JsPeerException(string message)
        : base(message)
    {
    }

    public JsPeerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
