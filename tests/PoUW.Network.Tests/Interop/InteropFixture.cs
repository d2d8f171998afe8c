namespace PoUW.Network.Tests.Interop;

/// <summary>
/// Tests against js-libp2p. Skipped where node or its packages are absent, unless the environment says that they must be here:
/// POUW_REQUIRE_INTEROP=1, which <c>.ci/run</c> sets once it has installed them.
/// </summary>
[Category("Interop")]
internal abstract class InteropFixture
{
    private const string Require = "POUW_REQUIRE_INTEROP";

    private readonly List<JsPeer> _peers = [];
    private readonly List<OwnNode> _nodes = [];

    [OneTimeSetUp]
    public void FindNode()
    {
        if (JsPeer.FindObstacle() is not { } obstacle)
        {
            return;
        }

        Assert.That(Environment.GetEnvironmentVariable(Require), Is.Not.EqualTo("1"), obstacle);
        Assert.Ignore(obstacle);
    }

    [TearDown]
    public async Task StopPeersAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        await Task.WhenAll(_peers.Select(peer => peer.DisposeAsync().AsTask()));
        _nodes.Clear();
        _peers.Clear();
    }

    /// <summary>Starts a node of this package that ends with the test.</summary>
    protected async Task<OwnNode> StartNodeAsync()
    {
        OwnNode node = await OwnNode.StartAsync();
        lock (_nodes)
        {
            _nodes.Add(node);
        }

        return node;
    }

    /// <summary>Starts a peer that ends with the test.</summary>
    protected async Task<JsPeer> StartPeerAsync(JsPeerOptions? options = null)
    {
        JsPeer peer = await JsPeer.StartAsync(options);
        lock (_peers)
        {
            _peers.Add(peer);
        }

        return peer;
    }
}
