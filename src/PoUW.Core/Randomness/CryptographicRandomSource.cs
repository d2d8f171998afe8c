using System.Security.Cryptography;

namespace PoUW.Core.Randomness;

/// <summary>The operating system's cryptographic generator.</summary>
public sealed class CryptographicRandomSource : IRandomSource
{
    /// <inheritdoc/>
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
