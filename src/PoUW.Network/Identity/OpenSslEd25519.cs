using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PoUW.Network.Identity;

/// <summary>
/// Verifies Ed25519 by the libcrypto of OpenSSL 3, where the machine has it; .NET has no Ed25519 of its own. Only functions are used that every
/// version 3 has. Thread-safe; every call makes and frees its own objects. The library stays loaded.
/// </summary>
internal sealed class OpenSslEd25519
{
    public const int KeyBytes = 32;
    public const int SignatureBytes = 64;

    // NID_ED25519 of OpenSSL's object table.
    private const int Ed25519 = 1087;

    private readonly NewPublicKey _newKey;
    private readonly Free _freeKey;
    private readonly NewContext _newContext;
    private readonly Free _freeContext;
    private readonly VerifyInit _verifyInit;
    private readonly Verifier _verify;
    private readonly ClearErrors _clearErrors;

    private OpenSslEd25519(nint library)
    {
        _newKey = Bind<NewPublicKey>(library, "EVP_PKEY_new_raw_public_key");
        _freeKey = Bind<Free>(library, "EVP_PKEY_free");
        _newContext = Bind<NewContext>(library, "EVP_MD_CTX_new");
        _freeContext = Bind<Free>(library, "EVP_MD_CTX_free");
        _verifyInit = Bind<VerifyInit>(library, "EVP_DigestVerifyInit");
        _verify = Bind<Verifier>(library, "EVP_DigestVerify");
        _clearErrors = Bind<ClearErrors>(library, "ERR_clear_error");
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint NewPublicKey(int type, nint engine, ref byte key, nuint length);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint NewContext();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Free(nint value);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int VerifyInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Verifier(nint context, ref byte signature, nuint signatureLength, ref byte message, nuint messageLength);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void ClearErrors();

    // RFC 8032, section 7.1, test 2.
    private static ReadOnlySpan<byte> TestKey =>
    [
        0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
        0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
    ];

    private static ReadOnlySpan<byte> TestSignature =>
    [
        0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
        0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
        0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
        0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
    ];

    /// <summary>Loads the library and checks it with a known signature; null where there is none, or one that fails the check.</summary>
    public static OpenSslEd25519? TryLoad()
    {
        const DllImportSearchPath Paths = DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory;
        foreach (string name in Names())
        {
            if (!NativeLibrary.TryLoad(name, typeof(OpenSslEd25519).Assembly, Paths, out nint library))
            {
                continue;
            }

            try
            {
                OpenSslEd25519 loaded = new(library);
                return loaded.PassesSelfTest() ? loaded : null;
            }
            catch (EntryPointNotFoundException)
            {
                // Another library of that name; the next name may be the right one.
                NativeLibrary.Free(library);
            }
        }

        return null;
    }

    /// <summary>True if the signature fits (RFC 8032, section 5.1.7, as OpenSSL does it).</summary>
    public bool Verify(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (key.Length != KeyBytes || signature.Length != SignatureBytes)
        {
            return false;
        }

        nint parsed = _newKey(Ed25519, 0, ref Reference(key), KeyBytes);
        nint context = _newContext();
        try
        {
            if (parsed == 0 || context == 0)
            {
                throw new CryptographicException("libcrypto could not make a key of 32 bytes.");
            }

            if (_verifyInit(context, 0, 0, 0, parsed) != 1)
            {
                throw new CryptographicException("libcrypto has no Ed25519.");
            }

            return Verify(context, message, signature);
        }
        finally
        {
            _freeContext(context);
            _freeKey(parsed);

            // What went wrong here must not be taken for an error of the platform's next call on this thread.
            _clearErrors();
        }
    }

    private static IEnumerable<string> Names()
    {
        if (OperatingSystem.IsWindows())
        {
            return Environment.Is64BitProcess ? ["libcrypto-3-x64", "libcrypto-3-arm64", "libcrypto-3"] : ["libcrypto-3"];
        }

        return OperatingSystem.IsMacOS() ? ["libcrypto.3.dylib"] : ["libcrypto.so.3"];
    }

    private static T Bind<T>(nint library, string function)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, function));

    // The library does not write through these; its parameters are pointers to constants.
    private static ref byte Reference(ReadOnlySpan<byte> bytes) => ref MemoryMarshal.GetReference(bytes);

    private bool Verify(nint context, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        // An empty message has no first byte to point at.
        ReadOnlySpan<byte> content = message.IsEmpty ? [0] : message;
        return _verify(context, ref Reference(signature), SignatureBytes, ref Reference(content), (nuint)message.Length) == 1;
    }

    private bool PassesSelfTest()
    {
        try
        {
            return Verify(TestKey, [0x72], TestSignature) && !Verify(TestKey, [0x73], TestSignature);
        }
        catch (CryptographicException)
        {
            // Builds that were restricted to approved algorithms have none.
            return false;
        }
    }
}
