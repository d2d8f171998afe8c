using System.Security.Cryptography;
using System.Text;
using PoUW.Core.Cryptography;
using PoUW.Core.Cryptography.KeyFiles;
using PoUW.Core.Randomness;
using PoUW.Network.Identity;

namespace NodeHost;

/// <summary>
/// The key that proves the node's id to its peers, in a file of the data folder that only its owner may read: 64 hexadecimal digits. It is no
/// account's key; whoever has it can pretend to be the node, no more.
/// </summary>
internal static class IdentityFile
{
    private const string FileName = "identity.key";
    private const int MaxFileBytes = 256;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The key of the folder, which the first start draws.</summary>
    /// <exception cref="SampleException">The file cannot be read or written, is open to others, or holds no key.</exception>
    public static IdentityKey LoadOrCreate(DirectoryInfo folder)
    {
        string path = Path.Combine(folder.FullName, FileName);
        try
        {
            return File.Exists(path) ? Load(path) : Create(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--data: the identity '{path}' cannot be used: {failure.Message}");
        }
    }

    private static IdentityKey Create(string path)
    {
        IdentityKey key = IdentityKey.Generate(new CryptographicRandomSource());
        byte[] secret = key.ExportPrivateKey();
        try
        {
            KeyFile.Save(path, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret) + "\n"));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }

        return key;
    }

    private static IdentityKey Load(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new SampleException($"--data: the identity '{path}' may be read by others; run: chmod 600 '{path}'");
        }

        string text = new FileInfo(path).Length <= MaxFileBytes ? File.ReadAllText(path).Trim() : "";
        byte[] secret = new byte[KeyPair.PrivateKeySize];
        bool isHex = text.Length == 2 * secret.Length && Convert.FromHexString(text, secret, out _, out _) == System.Buffers.OperationStatus.Done;
        try
        {
            return isHex ? IdentityKey.FromPrivateKey(secret) : throw NoKey(path);
        }
        catch (ArgumentException)
        {
            // The number is not one of the curve's.
            throw NoKey(path);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static SampleException NoKey(string path) => new($"--data: the identity '{path}' holds no key of 64 hexadecimal digits.");
}
