namespace PoUW.Core.Signing;

/// <summary>A signature, or why there is none.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Signature">r and s, 64 bytes; empty unless signed.</param>
/// <param name="Message">For people; empty when signed.</param>
public readonly record struct SignResult(SignStatus Status, ReadOnlyMemory<byte> Signature, string Message)
{
    /// <summary>True if there is a signature.</summary>
    public bool IsSigned => Status == SignStatus.Signed;

    /// <summary>The request was signed.</summary>
    public static SignResult Signed(ReadOnlyMemory<byte> signature) => new(SignStatus.Signed, signature, "");

    /// <summary>The signer will not sign this.</summary>
    public static SignResult Refused(string message) => new(SignStatus.Refused, default, message);

    /// <summary>The signer cannot be reached, or cannot sign now.</summary>
    public static SignResult Unavailable(string message) => new(SignStatus.Unavailable, default, message);
}
