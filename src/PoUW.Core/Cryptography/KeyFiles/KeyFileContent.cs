using System.Text.Json;
using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>The fields of a key file: all that is public in it, and the encrypted key.</summary>
internal sealed record KeyFileContent
{
    internal const int Version = 3;
    internal const int DerivedKeySize = 32;
    internal const int IvSize = 16;
    internal const string Cipher = "aes-128-ctr";
    internal const string PseudoRandomFunction = "hmac-sha256";

    private const int MaxDepth = 8;
    private const int MaxSaltBytes = 256;

    internal required KeyFileKdf Kdf { get; init; }

    internal required byte[] Salt { get; init; }

    internal required byte[] Iv { get; init; }

    internal required byte[] CipherText { get; init; }

    internal required byte[] Mac { get; init; }

    /// <summary>The address that the file names; null if it names none, which the definition allows.</summary>
    internal Address? Address { get; init; }

    internal Guid Id { get; init; }

    /// <summary>Reads a file and checks form and limits. Unknown fields are left to the tools that wrote them.</summary>
    internal static KeyFileResult TryRead(ReadOnlyMemory<byte> json, KeyFileLimits limits, out KeyFileContent? content)
    {
        content = null;
        if (json.Length > limits.MaxFileBytes)
        {
            return new KeyFileResult(KeyFileStatus.TooLarge, "", $"{json.Length} bytes; the limit is {limits.MaxFileBytes}.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            KeyFileReader reader = new();
            KeyFileContent read = Read(reader, document.RootElement, limits);
            content = reader.Failed ? null : read;
            return reader.Result;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // How the library reports text that is not JSON, and escapes that are half a surrogate pair.
            return new KeyFileResult(KeyFileStatus.Malformed, "", "Not a JSON document, or one with a field given twice, or nested too deep.");
        }
    }

    /// <summary>Writes the file as the usual tools do.</summary>
    internal byte[] Write()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            if (Address is { } address)
            {
                writer.WriteString("address", Convert.ToHexStringLower(address.ToArray()));
            }

            writer.WriteStartObject("crypto");
            writer.WriteString("cipher", Cipher);
            writer.WriteStartObject("cipherparams");
            writer.WriteString("iv", Convert.ToHexStringLower(Iv));
            writer.WriteEndObject();
            writer.WriteString("ciphertext", Convert.ToHexStringLower(CipherText));
            WriteKdf(writer);
            writer.WriteString("mac", Convert.ToHexStringLower(Mac));
            writer.WriteEndObject();
            writer.WriteString("id", Id.ToString("D"));
            writer.WriteNumber("version", Version);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static KeyFileContent Read(KeyFileReader reader, JsonElement root, KeyFileLimits limits)
    {
        if (reader.Number(root, "version") != Version)
        {
            reader.Fail(KeyFileStatus.Unsupported, "version", $"Only version {Version} is supported.");
        }

        // Some tools write a capital letter here.
        string crypto = root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("crypto", out _) && root.TryGetProperty("Crypto", out _) ? "Crypto" : "crypto";
        JsonElement secret = reader.Object(root, crypto);
        reader.Constant(secret, $"{crypto}.cipher", Cipher);
        KeyFileKdf kdf = ReadKdf(reader, secret, crypto, limits, out byte[] salt);
        return new KeyFileContent
        {
            Kdf = kdf,
            Salt = salt,
            Iv = reader.Bytes(reader.Object(secret, $"{crypto}.cipherparams"), $"{crypto}.cipherparams.iv", IvSize, IvSize),
            CipherText = reader.Bytes(secret, $"{crypto}.ciphertext", 1, KeyPair.PrivateKeySize),
            Mac = reader.Bytes(secret, $"{crypto}.mac", Hash256.Size, Hash256.Size),
            Address = ReadAddress(reader, root),
            Id = ReadId(reader, root),
        };
    }

    private static KeyFileKdf ReadKdf(KeyFileReader reader, JsonElement secret, string crypto, KeyFileLimits limits, out byte[] salt)
    {
        string name = reader.Text(secret, $"{crypto}.kdf");
        string path = $"{crypto}.kdfparams";
        JsonElement parameters = reader.Object(secret, path);
        salt = reader.Bytes(parameters, $"{path}.salt", 1, MaxSaltBytes);
        if (reader.Number(parameters, $"{path}.dklen") != DerivedKeySize)
        {
            reader.Fail(KeyFileStatus.Unsupported, $"{path}.dklen", $"Only {DerivedKeySize} is supported.");
        }

        switch (name)
        {
            case KeyFileKdf.ScryptName:
                return ReadScrypt(reader, parameters, path, limits);
            case KeyFileKdf.Pbkdf2Name:
                return ReadPbkdf2(reader, parameters, path, limits);
            default:
                reader.Fail(KeyFileStatus.Unsupported, $"{crypto}.kdf", $"Only \"{KeyFileKdf.ScryptName}\" and \"{KeyFileKdf.Pbkdf2Name}\" are supported.");
                return KeyFileKdf.Light;
        }
    }

    private static KeyFileKdf ReadScrypt(KeyFileReader reader, JsonElement parameters, string path, KeyFileLimits limits)
    {
        int n = reader.Number(parameters, $"{path}.n");
        int r = reader.Number(parameters, $"{path}.r");
        int p = reader.Number(parameters, $"{path}.p");
        Int128 work = (Int128)n * r * p;
        Int128 memory = Scrypt.MemoryBytes(n, r, p);
        if (work > limits.MaxScryptWork || memory > limits.MaxMemoryBytes)
        {
            reader.Fail(
                KeyFileStatus.TooCostly, path, $"n * r * p is {work}, memory {memory} bytes; the limits are {limits.MaxScryptWork} and {limits.MaxMemoryBytes}.");
        }

        if (!Scrypt.AreParameters(n, r, p))
        {
            reader.Fail(KeyFileStatus.Malformed, path, $"n {n}, r {r}, p {p} are not parameters of scrypt.");
        }

        return reader.Failed ? KeyFileKdf.Light : KeyFileKdf.Scrypt(n, r, p);
    }

    private static KeyFileKdf ReadPbkdf2(KeyFileReader reader, JsonElement parameters, string path, KeyFileLimits limits)
    {
        reader.Constant(parameters, $"{path}.prf", PseudoRandomFunction);
        int iterations = reader.Number(parameters, $"{path}.c");
        if (iterations > limits.MaxPbkdf2Iterations)
        {
            reader.Fail(KeyFileStatus.TooCostly, $"{path}.c", $"{iterations} iterations; the limit is {limits.MaxPbkdf2Iterations}.");
        }

        return KeyFileKdf.Pbkdf2(iterations);
    }

    private static Address? ReadAddress(KeyFileReader reader, JsonElement root)
    {
        if (reader.Failed || !root.TryGetProperty("address", out _))
        {
            return null;
        }

        string text = reader.Text(root, "address");
        string prefixed = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? "0x" + text[2..] : "0x" + text;
        if (AddressText.TryParse(prefixed.ToLowerInvariant(), out Address address))
        {
            return address;
        }

        reader.Fail(KeyFileStatus.Malformed, "address", "40 hexadecimal digits are needed.");
        return null;
    }

    private static Guid ReadId(KeyFileReader reader, JsonElement root)
    {
        if (reader.Failed || !root.TryGetProperty("id", out _))
        {
            return Guid.Empty;
        }

        if (!Guid.TryParseExact(reader.Text(root, "id"), "D", out Guid id))
        {
            reader.Fail(KeyFileStatus.Malformed, "id", "A UUID is needed.");
        }

        return id;
    }

    private void WriteKdf(Utf8JsonWriter writer)
    {
        writer.WriteString("kdf", Kdf.Name);
        writer.WriteStartObject("kdfparams");
        if (Kdf.Name == KeyFileKdf.Pbkdf2Name)
        {
            writer.WriteNumber("c", Kdf.Cost);
            writer.WriteString("prf", PseudoRandomFunction);
        }
        else
        {
            writer.WriteNumber("n", Kdf.Cost);
            writer.WriteNumber("r", Kdf.BlockSize);
            writer.WriteNumber("p", Kdf.Parallelisation);
        }

        writer.WriteNumber("dklen", DerivedKeySize);
        writer.WriteString("salt", Convert.ToHexStringLower(Salt));
        writer.WriteEndObject();
    }
}
