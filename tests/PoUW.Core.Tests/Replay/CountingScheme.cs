using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Tests.Chain;

namespace PoUW.Core.Tests.Replay;

/// <summary>The in-box scheme, which counts what it verifies: signatures of the miner are seals, all others those of transactions.</summary>
internal sealed class CountingScheme : ISignatureScheme
{
    private readonly Secp256k1Scheme _scheme = new();
    private int _transactions;
    private int _seals;
    private int _bad;

    internal int Transactions => _transactions;

    internal int Seals => _seals;

    internal int Bad => _bad;

    public byte Id => _scheme.Id;

    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature) =>
        Count(publicKey, _scheme.Verify(publicKey, hash, signature));

    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature, out Address signer)
    {
        bool valid = _scheme.Verify(publicKey, hash, signature, out signer);
        return Count(publicKey, valid);
    }

    public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address) => _scheme.TryGetAddress(publicKey, out address);

    private bool Count(ReadOnlySpan<byte> publicKey, bool valid)
    {
        bool seal = publicKey.SequenceEqual(TestNet.MinerKey.PublicKey.Span);
        Interlocked.Increment(ref seal ? ref _seals : ref _transactions);
        if (!valid)
        {
            Interlocked.Increment(ref _bad);
        }

        return valid;
    }
}
