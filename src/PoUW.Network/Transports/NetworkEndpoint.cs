namespace PoUW.Network.Transports;

/// <summary>An address of one transport: any non-empty name in memory, "address:port" for TCP.</summary>
/// <param name="Text">The address in the spelling of the transport.</param>
public readonly record struct NetworkEndpoint(string Text)
{
    /// <summary>The address.</summary>
    public override string ToString() => Text;
}
