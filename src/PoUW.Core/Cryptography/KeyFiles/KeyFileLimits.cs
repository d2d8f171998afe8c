namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>What a key file may ask of this machine. Checked before anything is allocated or computed for it.</summary>
public sealed record KeyFileLimits
{
    /// <summary>Longest file in bytes.</summary>
    public int MaxFileBytes { get; init; } = 16 * 1024;

    /// <summary>Most memory of a derivation in bytes; the usual files take 256 MiB.</summary>
    public long MaxMemoryBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Most mixing of scrypt: n * r * p; the usual files take 2^21, about half a second.</summary>
    public long MaxScryptWork { get; init; } = 1L << 24;

    /// <summary>Most iterations of PBKDF2; the usual files take 2^18.</summary>
    public int MaxPbkdf2Iterations { get; init; } = 10_000_000;
}
