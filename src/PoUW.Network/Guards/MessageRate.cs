using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>What one peer may send of one kind.</summary>
/// <param name="Messages">Messages.</param>
/// <param name="Bytes">Bytes of all of them.</param>
public sealed record MessageRate(TokenRate Messages, TokenRate Bytes)
{
    /// <summary>Checks both rates.</summary>
    public ValidationResult Validate() => Messages.Validate() is { IsValid: false } bad ? bad : Bytes.Validate();
}
