using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Work;

namespace PoUW.Benchmarks.Ledger;

/// <summary>Finds certificates at the easiest target, on one fixed product.</summary>
internal sealed class EasyMiner
{
    private static readonly TileWorkShape Shape = new(64, 64, 512, false, true);

    private readonly sbyte[] _a = Operand(Shape.M * Shape.K, 1);
    private readonly sbyte[] _b = Operand(Shape.N * Shape.K, 2);

    /// <summary>Completes a template.</summary>
    internal Block Mine(BlockTemplate template, KeyPair producer)
    {
        if (!CompactTarget.TryDecode(template.Header.Bits, out BigInteger target))
        {
            throw new InvalidOperationException("The bits are no target.");
        }

        for (ulong nonce = 0; ; nonce++)
        {
            BlockHeader tried = template.Header with { Nonce = nonce };
            TileWorkOracle oracle = new(Shape, _a, _b, tried.ChainId, tried.EncodeIncomplete());
            if (oracle.Search(target) is { } certificate)
            {
                return (template with { Header = tried }).Complete(certificate, producer);
            }
        }
    }

    private static sbyte[] Operand(int length, int seed)
    {
        Random random = new(seed);
        sbyte[] values = new sbyte[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = (sbyte)random.Next(-63, 64);
        }

        return values;
    }
}
