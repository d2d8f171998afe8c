using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PoUW.Core.Cryptography;

/// <summary>
/// The functions of libsecp256k1 that are used here, bound to one loaded library, and one context of it. All versions since the first
/// release have them with these signatures. Only complete and parsed values are passed, so the library's callback for illegal
/// arguments, which would end the process, is never reached. A randomised context is only read afterwards, so all members are
/// thread-safe. The library stays loaded.
/// </summary>
internal sealed class Secp256k1Library
{
    /// <summary>Bytes of a parsed key and of a parsed signature; their content belongs to the library.</summary>
    internal const int ParsedSize = 64;

    private const uint ContextForAll = 0x301;
    private const uint Uncompressed = 2;
    private const int UncompressedSize = 65;

    private readonly ParseKey _parseKey;
    private readonly SerializeKey _serializeKey;
    private readonly CreateKey _createKey;
    private readonly ParseSignature _parseSignature;
    private readonly ParseSignature _serializeSignature;
    private readonly VerifySignature _verify;
    private readonly CreateSignature _sign;
    private readonly Secp256k1Context _context;

    private Secp256k1Library(nint library)
    {
        _parseKey = Bind<ParseKey>(library, "secp256k1_ec_pubkey_parse");
        _serializeKey = Bind<SerializeKey>(library, "secp256k1_ec_pubkey_serialize");
        _createKey = Bind<CreateKey>(library, "secp256k1_ec_pubkey_create");
        _parseSignature = Bind<ParseSignature>(library, "secp256k1_ecdsa_signature_parse_compact");
        _serializeSignature = Bind<ParseSignature>(library, "secp256k1_ecdsa_signature_serialize_compact");
        _verify = Bind<VerifySignature>(library, "secp256k1_ecdsa_verify");
        _sign = Bind<CreateSignature>(library, "secp256k1_ecdsa_sign");
        Secp256k1Context.Create create = Bind<Secp256k1Context.Create>(library, "secp256k1_context_create");
        Secp256k1Context.Destroy destroy = Bind<Secp256k1Context.Destroy>(library, "secp256k1_context_destroy");
        RandomiseContext randomise = Bind<RandomiseContext>(library, "secp256k1_context_randomize");

        // Only now: where a function is missing the library is freed, and a context would be destroyed by code that is gone.
        _context = new Secp256k1Context(create(ContextForAll), destroy);
        Randomise(randomise);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int RandomiseContext(Secp256k1Context context, ref byte seed32);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int ParseKey(Secp256k1Context context, ref byte parsed, ref byte input, nuint inputLength);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int SerializeKey(Secp256k1Context context, ref byte output, ref nuint outputLength, ref byte parsed, uint flags);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int CreateKey(Secp256k1Context context, ref byte parsed, ref byte privateKey);

    // Parsing and serialising have one shape: destination, source.
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int ParseSignature(Secp256k1Context context, ref byte destination, ref byte source);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int VerifySignature(Secp256k1Context context, ref byte parsedSignature, ref byte hash, ref byte parsedKey);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int CreateSignature(
        Secp256k1Context context, ref byte parsedSignature, ref byte hash, ref byte privateKey, nint nonceFunction, nint nonceData);

    /// <summary>Loads the library by the names that packages give it, newest first; null where there is none.</summary>
    internal static Secp256k1Library? TryLoad()
    {
        foreach (string name in Names())
        {
            if (NativeLibrary.TryLoad(name, typeof(Secp256k1Library).Assembly, DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory, out nint library))
            {
                try
                {
                    return new Secp256k1Library(library);
                }
                catch (EntryPointNotFoundException)
                {
                    // Another library of that name; the next name may be the right one.
                    NativeLibrary.Free(library);
                }
            }
        }

        return null;
    }

    /// <summary>Parses a compressed key of 33 bytes.</summary>
    /// <returns>False if it is not a point of the curve.</returns>
    internal bool TryParseKey(ReadOnlySpan<byte> compressed, Span<byte> parsed) =>
        _parseKey(_context, ref parsed[0], ref Reference(compressed), (nuint)compressed.Length) == 1;

    /// <summary>Writes x and y of a parsed key, 32 bytes each.</summary>
    internal void WritePoint(Span<byte> parsed, Span<byte> point)
    {
        Span<byte> uncompressed = stackalloc byte[UncompressedSize];
        nuint length = UncompressedSize;
        Expect(_serializeKey(_context, ref uncompressed[0], ref length, ref parsed[0], Uncompressed));
        uncompressed[1..].CopyTo(point);
    }

    /// <summary>Computes the parsed public key of a private key of 32 bytes.</summary>
    /// <returns>False if the private key is zero or not below the order.</returns>
    internal bool TryCreateKey(ReadOnlySpan<byte> privateKey, Span<byte> parsed) =>
        _createKey(_context, ref parsed[0], ref Reference(privateKey)) == 1;

    /// <summary>Verifies r and s, 32 bytes each, with a parsed key; false for the higher s.</summary>
    internal bool Verify(Span<byte> parsedKey, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        Span<byte> parsed = stackalloc byte[ParsedSize];
        return _parseSignature(_context, ref parsed[0], ref Reference(signature)) == 1
            && _verify(_context, ref parsed[0], ref Reference(hash), ref parsedKey[0]) == 1;
    }

    /// <summary>Signs with the nonce of RFC 6979; s is the lower one.</summary>
    /// <returns>False if the private key is zero or not below the order.</returns>
    internal bool TrySign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> hash, Span<byte> signature)
    {
        Span<byte> parsed = stackalloc byte[ParsedSize];
        if (_sign(_context, ref parsed[0], ref Reference(hash), ref Reference(privateKey), 0, 0) != 1)
        {
            return false;
        }

        Expect(_serializeSignature(_context, ref signature[0], ref parsed[0]));
        return true;
    }

    private static IEnumerable<string> Names()
    {
        if (OperatingSystem.IsWindows())
        {
            return ["libsecp256k1-6", "libsecp256k1-5", "libsecp256k1-2", "libsecp256k1-1", "libsecp256k1", "secp256k1"];
        }

        return OperatingSystem.IsMacOS()
            ? ["libsecp256k1.6.dylib", "libsecp256k1.5.dylib", "libsecp256k1.2.dylib", "libsecp256k1.1.dylib", "libsecp256k1.dylib"]
            : ["libsecp256k1.so.6", "libsecp256k1.so.5", "libsecp256k1.so.2", "libsecp256k1.so.1", "libsecp256k1.so.0", "libsecp256k1.so"];
    }

    private static T Bind<T>(nint library, string function)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, function));

    // The library does not write through these; its parameters are pointers to constants.
    private static ref byte Reference(ReadOnlySpan<byte> bytes) => ref MemoryMarshal.GetReference(bytes);

    private static void Expect(int result)
    {
        if (result != 1)
        {
            throw new CryptographicException("libsecp256k1 refused a value that it had made.");
        }
    }

    /// <summary>Blinds the multiplications with private keys against side channels.</summary>
    private void Randomise(RandomiseContext randomise)
    {
        Span<byte> seed = stackalloc byte[32];
        RandomNumberGenerator.Fill(seed);
        Expect(randomise(_context, ref seed[0]));
        CryptographicOperations.ZeroMemory(seed);
    }
}
