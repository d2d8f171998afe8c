using System.Security.Cryptography;

namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>How a key file turns its password into a key: scrypt or PBKDF2-HMAC-SHA-256, with its cost.</summary>
public sealed record KeyFileKdf
{
    internal const string ScryptName = "scrypt";
    internal const string Pbkdf2Name = "pbkdf2";

    private KeyFileKdf(string name)
    {
        Name = name;
    }

    /// <summary>The usual cost of wallets on desktops and servers: 256 MiB and about half a second (n 2^18, r 8, p 1).</summary>
    public static KeyFileKdf Standard { get; } = Scrypt(1 << 18, 8, 1);

    /// <summary>For small machines and tests: 4 MiB (n 2^12, r 8, p 6). A stolen file is the cheaper to attack.</summary>
    public static KeyFileKdf Light { get; } = Scrypt(1 << 12, 8, 6);

    /// <summary>"scrypt" or "pbkdf2".</summary>
    public string Name { get; }

    /// <summary>scrypt's cost n, or the iterations of PBKDF2.</summary>
    public int Cost { get; private init; }

    /// <summary>scrypt's block size r; 0 for PBKDF2.</summary>
    public int BlockSize { get; private init; }

    /// <summary>scrypt's parallelisation p; 0 for PBKDF2.</summary>
    public int Parallelisation { get; private init; }

    /// <summary>scrypt with these parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not parameters of scrypt.</exception>
    public static KeyFileKdf Scrypt(int n, int r, int p) =>
        Cryptography.Scrypt.AreParameters(n, r, p)
            ? new KeyFileKdf(ScryptName) { Cost = n, BlockSize = r, Parallelisation = p }
            : throw new ArgumentOutOfRangeException(nameof(n), $"n {n}, r {r}, p {p} are not parameters of scrypt.");

    /// <summary>PBKDF2-HMAC-SHA-256 with so many iterations.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one iteration.</exception>
    public static KeyFileKdf Pbkdf2(int iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        return new KeyFileKdf(Pbkdf2Name) { Cost = iterations };
    }

    internal void Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, Span<byte> key)
    {
        if (Name == ScryptName)
        {
            Cryptography.Scrypt.DeriveKey(password, salt, Cost, BlockSize, Parallelisation, key);
        }
        else
        {
            Rfc2898DeriveBytes.Pbkdf2(password, salt, key, Cost, HashAlgorithmName.SHA256);
        }
    }
}
