namespace PoUW.Core.Cryptography;

/// <summary>Chooses between the schemes that this package has. Keeps nothing: every call gives a new instance, which the caller passes on.</summary>
public static class SignatureSchemes
{
    /// <summary>ECDSA over secp256k1 by libsecp256k1 where the machine has it, else by the platform; both accept the same signatures.</summary>
    public static ISignatureScheme CreateSecp256k1() =>
        NativeSecp256k1Scheme.TryCreate(out NativeSecp256k1Scheme? native) ? native : new Secp256k1Scheme();
}
