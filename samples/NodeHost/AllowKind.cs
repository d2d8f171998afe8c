namespace NodeHost;

/// <summary>Rules for letting peers in.</summary>
internal enum AllowKind
{
    /// <summary>Everybody.</summary>
    Open,

    /// <summary>Peers that prove that they belong to an account with stake.</summary>
    Staked,

    /// <summary>The peers of a list.</summary>
    List,
}
