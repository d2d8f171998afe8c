using PoUW.Core.Tests.Chain;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Blocks of random payments and burns, good and bad, through a real chain: after each block all balances must sum to what was minted less
/// what was burned. The test of the same name runs the first of them.
/// </summary>
internal static class SupplySweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "supply";

    /// <summary>How many transactions make the whole sweep.</summary>
    public const int Whole = 1_000_000;

    private const int Seed = 8;

    /// <summary>Runs so many transactions and prints a JSON line.</summary>
    /// <returns>True if the counts agreed after every block.</returns>
    public static bool Run(int transactions)
    {
        using SupplyRun run = new(Seed);
        double cpu = Environment.CpuUsage.TotalTime.TotalSeconds;
        string? disagreement = run.Run(transactions);
        cpu = Environment.CpuUsage.TotalTime.TotalSeconds - cpu;
        if (disagreement is not null)
        {
            Console.Error.WriteLine(disagreement);
        }

        Console.WriteLine(FormattableString.Invariant(
            $"{{\"sweep\":\"{Name}\",\"transactions\":{run.Transactions},\"failed\":{run.Failed},\"blocks\":{run.Blocks},\"dropped\":{run.Dropped},\"cpuSeconds\":{cpu:F1},\"agrees\":{(disagreement is null ? "true" : "false")}}}"));
        return disagreement is null;
    }
}
