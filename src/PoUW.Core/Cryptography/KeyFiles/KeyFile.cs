using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>
/// Encrypted private keys in files of the Web3 Secret Storage definition, version 3, which Ethereum's tools read and write. A password is
/// its bytes: the usual tools take the UTF-8 of what was typed, without normalisation, and so should callers who want the files to open
/// there (two spellings of one letter are two passwords). Nothing in a file is trusted: all limits are checked before its cost is paid.
/// Copies of secrets that are made here are cleared; password and pair belong to the caller. Stateless and thread-safe.
/// </summary>
public static class KeyFile
{
    private const int SaltBytes = 32;

    /// <summary>Encrypts the private key of a pair.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="password">The password's bytes.</param>
    /// <param name="kdf">What guessing shall cost; <see cref="KeyFileKdf.Standard"/> where nothing speaks against it.</param>
    /// <param name="random">For salt, initial counter and UUID; must be unpredictable outside of tests.</param>
    /// <returns>The file's content.</returns>
    public static byte[] Encrypt(KeyPair pair, ReadOnlySpan<byte> password, KeyFileKdf kdf, IRandomSource random)
    {
        byte[] salt = new byte[SaltBytes];
        byte[] iv = new byte[KeyFileContent.IvSize];
        random.Fill(salt);
        random.Fill(iv);
        Span<byte> derived = stackalloc byte[KeyFileContent.DerivedKeySize];
        byte[] secret = pair.ExportPrivateKey();
        byte[] cipherText = new byte[secret.Length];
        kdf.Derive(password, salt, derived);
        KeyFileCipher.Apply(derived, iv, secret, cipherText);
        KeyFileContent content = new()
        {
            Kdf = kdf,
            Salt = salt,
            Iv = iv,
            CipherText = cipherText,
            Mac = KeyFileCipher.Mac(derived, cipherText).ToArray(),
            Address = pair.Address,
            Id = RandomId(random),
        };
        CryptographicOperations.ZeroMemory(derived);
        CryptographicOperations.ZeroMemory(secret);
        return content.Write();
    }

    /// <summary>Opens the content of a file.</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="password">The password's bytes.</param>
    /// <param name="limits">What the file may cost.</param>
    /// <param name="pair">The pair, or null.</param>
    /// <param name="native">Signs for the pair; null to sign with the platform.</param>
    public static KeyFileResult TryDecrypt(
        ReadOnlyMemory<byte> json, ReadOnlySpan<byte> password, KeyFileLimits limits, out KeyPair? pair, NativeSecp256k1Scheme? native = null)
    {
        pair = null;
        KeyFileResult read = KeyFileContent.TryRead(json, limits, out KeyFileContent? content);
        if (!read.IsOk)
        {
            return read;
        }

        Span<byte> derived = stackalloc byte[KeyFileContent.DerivedKeySize];
        Span<byte> secret = stackalloc byte[KeyPair.PrivateKeySize];
        content!.Kdf.Derive(password, content.Salt, derived);
        KeyFileResult opened = Open(content, derived, secret, native, out pair);
        CryptographicOperations.ZeroMemory(derived);
        CryptographicOperations.ZeroMemory(secret);
        return opened;
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static KeyFileResult TryLoad(
        string path, ReadOnlySpan<byte> password, KeyFileLimits limits, out KeyPair? pair, NativeSecp256k1Scheme? native = null)
    {
        // One byte more than allowed, so that a longer file, or one without end, is refused and not read.
        byte[] buffer = new byte[limits.MaxFileBytes + 1];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        int length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return TryDecrypt(buffer.AsMemory(0, length), password, limits, out pair, native);
    }

    /// <summary>
    /// Writes a file that must not exist yet: first beside it under another name, then moved, so that no half of a file is ever under its
    /// name. On Unix only the owner may read and write it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="json">What <see cref="Encrypt"/> gave.</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static void Save(string path, ReadOnlySpan<byte> json)
    {
        string temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (FileStream file = new(temporary, options))
            {
                file.Write(json);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>The name that Ethereum's tools give to a key file of an address: "UTC--time--address".</summary>
    public static string NameOf(Address address, TimeProvider time) =>
        $"UTC--{time.GetUtcNow().ToString("yyyy-MM-ddTHH-mm-ss.fff000000Z", System.Globalization.CultureInfo.InvariantCulture)}--{Convert.ToHexStringLower(address.ToArray())}";

    private static KeyFileResult Open(
        KeyFileContent content, ReadOnlySpan<byte> derived, Span<byte> secret, NativeSecp256k1Scheme? native, out KeyPair? pair)
    {
        pair = null;
        Span<byte> mac = stackalloc byte[Hash256.Size];
        KeyFileCipher.Mac(derived, content.CipherText).CopyTo(mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, content.Mac))
        {
            return new KeyFileResult(KeyFileStatus.WrongPassword, "crypto.mac", "The password is wrong, or the encrypted key was damaged.");
        }

        // Old tools left out leading zeros.
        secret.Clear();
        KeyFileCipher.Apply(derived, content.Iv, content.CipherText, secret[(secret.Length - content.CipherText.Length)..]);
        if (!KeyPair.IsPrivateKey(secret))
        {
            return new KeyFileResult(KeyFileStatus.Malformed, "crypto.ciphertext", "What is encrypted is not a private key of secp256k1.");
        }

        KeyPair opened = KeyPair.FromPrivateKey(secret, native);
        if (content.Address is { } address && address != opened.Address)
        {
            KeyFileResult wrong = new(KeyFileStatus.WrongAddress, "address", $"The file names {address}; its key belongs to {opened.Address}.");
            opened.Dispose();
            return wrong;
        }

        pair = opened;
        return KeyFileResult.Ok;
    }

    /// <summary>A UUID of version 4 (RFC 9562) from the given source.</summary>
    private static Guid RandomId(IRandomSource random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
