namespace PoUW.Sdk.Peers;

/// <summary>Rules for letting peers in.</summary>
public enum PeerAdmissionKind
{
    /// <summary>Everybody.</summary>
    Open,

    /// <summary>Peers bound to an account with stake.</summary>
    Staked,

    /// <summary>The peers and accounts of a list.</summary>
    List,
}
