using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Benchmarks.Ledger;

/// <summary>Accepts every signature of known keys, at no cost.</summary>
internal sealed class AcceptingScheme(IEnumerable<KeyPair> keys) : ISignatureScheme
{
    private readonly Dictionary<Hash256, Address> _addresses = keys.ToDictionary(static key => NameOf(key.PublicKey.Span), static key => key.Address);

    public byte Id => Secp256k1Scheme.SchemeId;

    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature) => true;

    public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address) => _addresses.TryGetValue(NameOf(publicKey), out address);

    // The x coordinate; no two of some random keys share it.
    private static Hash256 NameOf(ReadOnlySpan<byte> publicKey) => publicKey.Length == Secp256k1Scheme.PublicKeySize ? new Hash256(publicKey[1..]) : default;
}
