using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Parameters;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Work;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>A network with the production rules for work and difficulty at the easiest target, and the scalar miner.</summary>
internal sealed class TileWorkNet
{
    private static readonly TileWorkShape Shape = new(64, 64, 512, false, true);

    internal TileWorkNet(Func<NetworkParameters, NetworkParameters>? change = null)
    {
        NetworkParameters parameters = NetworkParameters.Development with { GenesisTicketsPerBlock = 1 };
        Parameters = change is null ? parameters : change(parameters);
        Time = new ManualTime(DateTimeOffset.FromUnixTimeMilliseconds((long)Parameters.GenesisTimeMilliseconds).AddHours(1));
    }

    internal NetworkParameters Parameters { get; }

    internal ManualTime Time { get; }

    internal static KeyPair Key => TestNet.MinerKey;

    internal BlockChain Open() => new(new BlockChainOptions
    {
        Store = new InMemoryKeyValueStore(),
        Parameters = Parameters,
        WorkVerifier = new TileWorkVerifier(new NetworkRules(Parameters)),
        Difficulty = new AsertDifficulty(Parameters),
        Time = Time,
    });

    /// <summary>Mines the next block of a chain; does not import it.</summary>
    internal static Block Next(BlockChain chain, ulong stepMs = 1_000) =>
        Mine(chain.Propose(Key.Address, [], chain.Head.Header.TimestampMs + stepMs).Header, chain.Head.Header.Bits);

    /// <summary>Mines a header by its nonce, at the target of the given bits, whatever its own bits are.</summary>
    internal static Block Mine(BlockHeader header, uint bits)
    {
        Assert.That(CompactTarget.TryDecode(bits, out BigInteger target), Is.True);
        for (ulong nonce = 0; ; nonce++)
        {
            BlockHeader tried = header with { Nonce = nonce, CertificateCommitment = default };
            TileWorkOracle oracle = new(
                Shape, TileWorkVector.OperandA(Shape), TileWorkVector.OperandB(Shape), tried.ChainId, tried.EncodeIncomplete());
            if (oracle.Search(target) is { } certificate)
            {
                return new BlockTemplate(tried, []).Complete(certificate, Key);
            }
        }
    }
}
