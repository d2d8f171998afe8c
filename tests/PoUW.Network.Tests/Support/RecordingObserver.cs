using PoUW.Network.Hosting;

namespace PoUW.Network.Tests.Support;

internal sealed class RecordingObserver : INetworkObserver
{
    public Collector<NetworkEvent> Events { get; } = new();

    public void Observe(NetworkEvent observation) => Events.Add(observation);

    public Task WaitForAsync(NetworkEventKind kind, string? detail = null) =>
        Events.WaitForAsync(e => e.Kind == kind && (detail is null || e.Detail == detail));
}
