using System.Diagnostics;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Replay;
using PoUW.Storage.Sqlite;

namespace PoUW.Benchmarks.Ledger;

/// <summary>
/// Replay of final blocks from one SQLite file into another beside the import of the same blocks: read, decode, execute, commit durably, all
/// checks but the transactions' signatures.
/// </summary>
internal sealed class ReplayFigures(TransferWorkload workload, IReadOnlyList<byte[]> blocks, int warmBlocks)
{
    private const int Runs = 3;
    private const double GoalOverImport = 2;

    internal RatioFigure Measure(string name, ISignatureScheme scheme, BlockCost import, int transfers)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pouw-ledger");
        try
        {
            double best = double.MaxValue;
            using SqliteKeyValueStore source = new(Path.Combine(folder.FullName, "source.db"));
            PipelineRun.Import(workload, blocks, workload.NoSignatures, source);
            for (int run = 0; run < Runs; run++)
            {
                best = Math.Min(best, Replay(source, Path.Combine(folder.FullName, $"target{run}.db"), scheme));
            }

            return new RatioFigure(
                $"ledger.replay.{name}", transfers / best, "tx/s", transfers / best, "import", transfers / import.Wall, GoalOverImport, GoalOnRatio: true);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Mean seconds a block.</summary>
    private double Replay(SqliteKeyValueStore source, string path, ISignatureScheme scheme)
    {
        StoredBlocks stored = new(source, workload.Parameters.MaxBlockBytes);
        Hash256 tip = workload.Maker.GetIdByHeight((ulong)blocks.Count)!.Value;
        using SqliteKeyValueStore target = new(path);
        WarmUp warm = new((ulong)warmBlocks);
        ChainReplayOptions options = new() { Target = workload.Options(target, scheme), Checkpoint = new((ulong)blocks.Count, tip) };
        ChainReplayResult result = ChainReplay.Run(stored, options, warm);
        TransferWorkload.Demand(result.Result);
        ChainHead head = result.Head;
        return head.Id == tip ? warm.Elapsed / (blocks.Count - warmBlocks) : throw new InvalidOperationException($"The replay ended at {head.Height}.");
    }

    /// <summary>Starts a clock when the last block of the warm-up was executed.</summary>
    private sealed class WarmUp(ulong last) : IProgress<ulong>
    {
        private long _start;

        internal double Elapsed => Stopwatch.GetElapsedTime(_start).TotalSeconds;

        public void Report(ulong value)
        {
            if (value == last)
            {
                _start = Stopwatch.GetTimestamp();
            }
        }
    }
}
