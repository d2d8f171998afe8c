using System.Numerics;
using PoUW.Core.Work;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>Operands, templates and a collecting sink for the miner's tests.</summary>
internal sealed class TileWorkBench : ITicketSink, IWorkTemplateSource
{
    public const ulong ChainId = 9;

    public List<WorkCertificate> Certificates { get; } = [];

    public WorkTemplate? Current { get; set; }

    public bool IsCurrent(WorkTemplate template) => ReferenceEquals(template, Current);

    // Every ticket of a full segment wins, and every second one of a half segment.
    public static BigInteger EasyTarget { get; } = ((BigInteger.One << 256) - 1) / TileWorkParameters.UnitMacs;

    public static WorkTemplate Template(BigInteger target, int salt = 0) =>
        WorkTemplate.Unbound(ChainId, [.. Enumerable.Range(salt, 76).Select(i => (byte)i)], target);

    public static sbyte[] Operand(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (sbyte)random.Next(-63, 64))];
    }

    public static int[] Product(in TileWorkShape shape, sbyte[] a, sbyte[] b)
    {
        int[] c = new int[shape.M * shape.N];
        for (int i = 0; i < shape.M; i++)
        {
            for (int l = 0; l < shape.K; l++)
            {
                int x = a[shape.TransposeA ? (l * shape.M) + i : (i * shape.K) + l];
                for (int j = 0; j < shape.N; j++)
                {
                    c[(i * shape.N) + j] += x * b[shape.TransposeB ? (j * shape.K) + l : (l * shape.N) + j];
                }
            }
        }

        return c;
    }

    public void Submit(WorkTemplate template, WorkCertificate certificate) => Certificates.Add(certificate);
}
