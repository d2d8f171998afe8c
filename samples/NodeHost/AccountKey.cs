using PoUW.Core.Cryptography;
using PoUW.Core.Cryptography.KeyFiles;
using PoUW.Core.Randomness;
using Samples.Shared.Jobs;

namespace NodeHost;

/// <summary>Finds the key of the node's account.</summary>
internal static class AccountKey
{
    /// <summary>The seed of all development keys; <c>--seed</c> gives the label.</summary>
    public const ulong DevelopmentSeed = 1;

    /// <summary>The key that the options name. A node without a role signs nothing, so it gets a key that is forgotten with it.</summary>
    /// <exception cref="SampleException">The key file cannot be opened; the message names the option.</exception>
    public static async Task<KeyPair> LoadAsync(HostOptions options, CancellationToken cancellation)
    {
        if (options.Seed is { } seed)
        {
            return SampleMember.KeyOf(DevelopmentSeed, seed);
        }

        return options.KeyFile is { } file
            ? await OpenAsync(file, options.PasswordFile!, cancellation)
            : KeyPair.Generate(new CryptographicRandomSource());
    }

    private static async Task<KeyPair> OpenAsync(FileInfo file, FileInfo passwordFile, CancellationToken cancellation)
    {
        byte[] password = WithoutLineEnd(await ReadPasswordAsync(passwordFile, cancellation));
        try
        {
            KeyFileResult result = KeyFile.TryLoad(file.FullName, password, new KeyFileLimits(), out KeyPair? pair);
            return pair ?? throw new SampleException($"--key: '{file}' cannot be opened: {result}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--key: '{file}' cannot be read: {failure.Message}");
        }
    }

    private static async Task<byte[]> ReadPasswordAsync(FileInfo file, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllBytesAsync(file.FullName, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--password: '{file}' cannot be read: {failure.Message}");
        }
    }

    // Editors end a file with a line feed that is no part of the password.
    private static byte[] WithoutLineEnd(byte[] text) => [.. text.TakeWhile(static letter => letter is not ((byte)'\n' or (byte)'\r'))];
}
