using System.Text.Json;

namespace PoUW.Samples.Tests.Processes;

/// <summary>What a client tells when its job has ended.</summary>
internal sealed record HostResult(string Job, string Status, string WeightsHash, double Accuracy, ulong Height, double Seconds)
{
    public static HostResult Read(JsonElement line) => new(
        line.GetProperty("job").GetString()!, line.GetProperty("status").GetString()!, line.GetProperty("weightsHash").GetString()!,
        line.GetProperty("testAccuracy").GetDouble(), line.GetProperty("height").GetUInt64(), line.GetProperty("seconds").GetDouble());
}
