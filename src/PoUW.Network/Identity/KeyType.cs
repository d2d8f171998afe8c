namespace PoUW.Network.Identity;

/// <summary>The kind of a peer's key, with its number in the libp2p key encoding.</summary>
public enum KeyType
{
    /// <summary>RSA, PKCS #1 v1.5 with SHA-256.</summary>
    Rsa = 0,

    /// <summary>Ed25519.</summary>
    Ed25519 = 1,

    /// <summary>ECDSA over secp256k1 with SHA-256: what nodes of this package use.</summary>
    Secp256k1 = 2,

    /// <summary>ECDSA over a NIST curve with SHA-256.</summary>
    Ecdsa = 3,
}
