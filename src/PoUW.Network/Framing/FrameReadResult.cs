using PoUW.Core.Validation;

namespace PoUW.Network.Framing;

/// <summary>What was found where a frame should start.</summary>
/// <param name="Validation">What is wrong with the header; Ok for a frame and for the end.</param>
/// <param name="IsEnd">True if the stream ended between two frames.</param>
/// <param name="Header">The header when it is valid and the stream did not end.</param>
public readonly record struct FrameReadResult(ValidationResult Validation, bool IsEnd, FrameHeader Header)
{
    /// <summary>True if a payload of the header's length follows.</summary>
    public bool IsFrame => Validation.IsValid && !IsEnd;
}
