using System.Text.Json;

namespace PoUW.Samples.Tests.Processes;

/// <summary>A status line of NodeHost.</summary>
internal sealed record HostStatus(
    ulong Height, ulong FinalizedHeight, string Finalized, int Peers, string Supply, string Accounted, long Blocks, int Leases, IReadOnlyList<HostJob> Jobs)
{
    public static HostStatus Read(JsonElement line) => new(
        line.GetProperty("height").GetUInt64(), line.GetProperty("finalizedHeight").GetUInt64(), line.GetProperty("finalized").GetString()!,
        line.GetProperty("peers").GetInt32(), line.GetProperty("supply").GetString()!, line.GetProperty("accounted").GetString()!,
        line.GetProperty("blocks").GetInt64(), line.GetProperty("leases").GetInt32(),
        [.. line.GetProperty("jobs").EnumerateArray().Select(HostJob.Read)]);
}
