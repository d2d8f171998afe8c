using System.Globalization;
using PoUW.Samples.Tests.Processes;

namespace PoUW.Benchmarks.Sweeps.Processes;

/// <summary>What a run of the sweep gave.</summary>
internal sealed class ProcessSweepResult
{
    public List<string> Violations { get; } = [];

    /// <summary>From the first process to the moment at which all were ready.</summary>
    public double ReadySeconds { get; set; }

    /// <summary>From the first process to the moment at which each had its peers.</summary>
    public double ConnectSeconds { get; set; }

    public double Seconds { get; set; }

    public IReadOnlyList<string> Killed { get; set; } = [];

    public ulong HeightKilled { get; set; }

    public ulong HeightBack { get; set; }

    /// <summary>Prints the violations and the line of figures.</summary>
    public void Print(ProcessSweepOptions options, HostResult trained, IReadOnlyCollection<HostProcess> hosts)
    {
        foreach (string violation in Violations)
        {
            Console.Error.WriteLine(violation);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"sweep\":\"{ProcessSweep.Name}\",\"processes\":{options.Validators + options.Workers + 1},\"epochs\":{options.Epochs},"
            + $"\"readySeconds\":{ReadySeconds:F1},\"connectSeconds\":{ConnectSeconds:F1},\"jobSeconds\":{trained.Seconds:F1},\"testAccuracy\":{trained.Accuracy:F4},"
            + $"\"weightsHash\":\"{trained.WeightsHash}\",\"height\":{hosts.Max(static host => host.Last!.Height)},"
            + $"\"finalized\":{hosts.Min(static host => host.Last!.FinalizedHeight)},\"killed\":\"{string.Join(' ', Killed)}\","
            + $"\"heightKilled\":{HeightKilled},\"heightBack\":{HeightBack},\"violations\":{Violations.Count},\"seconds\":{Seconds:F0}}}"));
    }
}
