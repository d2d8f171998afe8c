namespace PoUW.Core.Signing;

/// <summary>What a signer did.</summary>
public enum SignStatus
{
    /// <summary>It signed.</summary>
    Signed,

    /// <summary>It will not sign this, now or later.</summary>
    Refused,

    /// <summary>It cannot be reached, or cannot sign now; asking again may help.</summary>
    Unavailable,
}
