namespace PoUW.Network.Messaging;

/// <summary>How a node secures its connections.</summary>
public enum NetworkSecurity
{
    /// <summary>TLS, except on the transports of this package that lead nowhere but into the same process: plaintext there.</summary>
    ByTransport,

    /// <summary>TLS on every transport.</summary>
    Tls,

    /// <summary>Plaintext on every transport: anybody can claim any id. For simulations with transports of their own, and nothing else.</summary>
    PlaintextForSimulation,
}
