using System.Numerics;
using PoUW.Core.Work;

namespace PoUW.Compute.TorchSharp.TileWork;

/// <summary>
/// Compares all tickets of a small product, and the product, with the definition of tile work: two segments, edges, operands at the rails. A target that every ticket
/// meets makes each of them a certificate, which the miner verifies by the definition before it hands it out.
/// </summary>
internal static class TileSelfTest
{
    private static readonly TileWorkShape Shape = new(40, 70, 1100, false, true);

    internal static bool Passes(TorchTileMiner miner)
    {
        sbyte[] a = [.. Enumerable.Range(0, Shape.M * Shape.K).Select(static i => (sbyte)(i % 11 < 8 ? (i * 31 % 127) - 63 : 63))];
        sbyte[] b = [.. Enumerable.Range(0, Shape.N * Shape.K).Select(static i => (sbyte)(i % 13 < 8 ? (i * 17 % 127) - 63 : -64))];
        int[] c = new int[Shape.M * Shape.N];
        Collector sink = new();
        WorkTemplate template = WorkTemplate.Unbound(1, "a self-test"u8, (BigInteger.One << 256) / TileWorkParameters.UnitMacs - 1);
        try
        {
            return miner.TryMultiply(Shape, a, b, c, template, sink) && sink.Count >= Shape.TileRows * Shape.TileColumns && IsExact(a, b, c);
        }
        catch (Core.PouwException)
        {
            return false; // A certificate of its own failed: that is the answer.
        }
    }

    private static bool IsExact(sbyte[] a, sbyte[] b, int[] c)
    {
        for (int cell = 0; cell < c.Length; cell++)
        {
            (int row, int column) = (cell / Shape.N, cell % Shape.N);
            int sum = 0;
            for (int k = 0; k < Shape.K; k++)
            {
                sum += a[(row * Shape.K) + k] * b[(column * Shape.K) + k];
            }

            if (sum != c[cell])
            {
                return false;
            }
        }

        return true;
    }

    private sealed class Collector : ITicketSink
    {
        public int Count { get; private set; }

        public void Submit(WorkTemplate template, WorkCertificate certificate) => Count++;
    }
}
