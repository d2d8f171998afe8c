namespace PoUW.Core.Randomness;

/// <summary>Random bytes for everything that is not a consensus rule: keys, nonces, jitter. Thread-safe.</summary>
public interface IRandomSource
{
    /// <summary>Fills the span.</summary>
    void Fill(Span<byte> destination);
}
