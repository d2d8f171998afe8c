using System.Text.Json;

namespace PoUW.Samples.Tests.Processes;

/// <summary>A job in a status line of NodeHost.</summary>
internal sealed record HostJob(string Id, string Status, ulong Round, ulong Rounds, string States, int Convicted)
{
    public static HostJob Read(JsonElement job) => new(
        job.GetProperty("id").GetString()!, job.GetProperty("status").GetString()!, job.GetProperty("round").GetUInt64(),
        job.GetProperty("rounds").GetUInt64(), job.GetProperty("states").GetString()!, job.GetProperty("convicted").GetArrayLength());
}
