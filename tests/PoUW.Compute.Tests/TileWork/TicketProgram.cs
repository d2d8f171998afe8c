using System.Security.Cryptography;
using PoUW.Compute.TileWork;
using PoUW.Core.Work;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>Runs in a child process: prints the kernel that a miner takes here, then one digest of states and sums for every kernel.</summary>
internal static class TicketProgram
{
    private static readonly TileWorkShape[] Shapes =
        [new(64, 64, 2048, false, false), new(50, 70, 784, false, true), new(33, 32, 4096, true, false), new(40, 33, 600, true, true)];

    public static int Run()
    {
        using var miner = new TileWorkMiner();
        Console.WriteLine(miner.Kernel);
        foreach (TileKernelKind kind in TileKernels.Supported)
        {
            Console.WriteLine($"{kind} {Digest(kind)}");
        }

        return 0;
    }

    public static string Digest(TileKernelKind kind)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TileWorkShape shape in Shapes)
        {
            sbyte[] a = TileWorkBench.Operand(shape.M * shape.K, 1);
            sbyte[] b = TileWorkBench.Operand(shape.N * shape.K, 2);
            using var run = new TileRun(TileKernels.Create(kind), shape, a, b, TileWorkBench.Template(TileWorkBench.EasyTarget));
            foreach (WinningTile tile in run.Tiles)
            {
                hash.AppendData(tile.Ticket.ToArray());
            }

            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(run.C.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
