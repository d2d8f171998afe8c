using PoUW.Samples.Tests.Processes;

namespace PoUW.Samples.Tests;

/// <summary>NodeHost as processes: what it prints, how it ends, and what survives a crash.</summary>
[TestFixture]
public sealed class NodeHostProcessTests
{
    // Far beyond what it takes: a machine that builds meanwhile is slow.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<HostProcess> _hosts = [];
    private string _folder = "";

    [SetUp]
    public async Task WriteNetworkAsync()
    {
        _folder = Directory.CreateTempSubdirectory("pouw-hosts-").FullName;
        HostProcess writer = Start("network", "network", "--out", NetworkFile, "--validators", "1", "--workers", "1", "--block-time", "200");
        Assert.That(await writer.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', writer.Errors));
    }

    [TearDown]
    public async Task EndAllAsync()
    {
        foreach (HostProcess host in _hosts)
        {
            await host.DisposeAsync();
        }

        _hosts.Clear();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    [CancelAfter(180_000)]
    public async Task TwoNodesConnectAndEndCleanly(CancellationToken cancellation)
    {
        HostProcess first = StartNode("first");
        string[] addresses = await first.WaitForReadyAsync(Limit);
        Assert.That(addresses, Has.Length.EqualTo(1));
        Assert.That(addresses[0], Does.StartWith("/ip4/127.0.0.1/tcp/").And.Not.Contain("/tcp/0").And.Contain("/p2p/16Uiu2"));
        HostProcess second = StartNode("second", "--bootstrap", addresses[0]);
        await second.WaitForReadyAsync(Limit);
        await second.WaitForStatusAsync(static status => status.Peers == 1, Limit);
        await first.WaitForStatusAsync(static status => status.Peers == 1, Limit);
        Assert.That(await second.TerminateAsync(Limit), Is.Zero, string.Join('\n', second.Errors));
        Assert.That(await first.InterruptAsync(Limit), Is.EqualTo(130), string.Join('\n', first.Errors));
    }

    [Test]
    [CancelAfter(180_000)]
    public async Task AKilledNodeKeepsIdentityAndChain(CancellationToken cancellation)
    {
        string[] mining = ["--role", "worker", "--seed", "worker-1"];
        HostProcess before = StartNode("miner", mining);
        string[] addresses = await before.WaitForReadyAsync(Limit);
        HostStatus reached = await before.WaitForStatusAsync(static status => status.Height >= 3, Limit);
        await before.KillAsync();
        HostProcess again = StartNode("miner", mining);
        string[] addressesAgain = await again.WaitForReadyAsync(Limit);
        HostStatus first = await again.WaitForStatusAsync(static _ => true, Limit);
        Assert.That(PeerOf(addressesAgain), Is.EqualTo(PeerOf(addresses)), "the identity is kept");
        Assert.That(first.Height, Is.GreaterThanOrEqualTo(reached.Height), "the chain is kept");
        string file = Path.Combine(_folder, "miner", "identity.key");
        Assert.That(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), Is.True);
    }

    [Test]
    [CancelAfter(180_000)]
    public async Task AFolderInUseIsRefused(CancellationToken cancellation)
    {
        HostProcess first = StartNode("same");
        await first.WaitForReadyAsync(Limit);
        HostProcess second = StartNode("same");
        Assert.That(await second.WaitForExitAsync(Limit), Is.EqualTo(1));
        Assert.That(second.Errors, Has.Count.EqualTo(1).And.Some.Contains("--data").And.Some.Contains("in use by another process"));
    }

    [Test]
    [CancelAfter(180_000)]
    public async Task ANodeEndsWithItsInput(CancellationToken cancellation)
    {
        HostProcess host = StartNode("orphan", "--until-input-ends");
        await host.WaitForReadyAsync(Limit);
        host.EndInput();
        Assert.That(await host.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', host.Errors));
    }

    private static string PeerOf(string[] addresses) => addresses.Single().Split("/p2p/")[1];

    private string NetworkFile => Path.Combine(_folder, "network.json");

    private HostProcess StartNode(string name, params string[] more) => Start(
        name, ["--name", name, "--data", Path.Combine(_folder, name), "--network", NetworkFile, "--status-every", "1", .. more]);

    private HostProcess Start(string name, params string[] arguments)
    {
        HostProcess host = HostProcess.Start(typeof(NodeHost.Application).Assembly.Location, name, arguments);
        _hosts.Add(host);
        return host;
    }
}
