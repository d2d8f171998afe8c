using System.Text;
using System.Text.Json.Nodes;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Interop;

/// <summary>A host and a js node: connections, identify, ping and streams, each way round.</summary>
internal sealed class HostInteropTests : InteropFixture
{
    [TestCase("Ed25519", true)]
    [TestCase("Ed25519", false)]
    [TestCase("secp256k1", true)]
    [TestCase("secp256k1", false)]
    [TestCase("RSA", true)]
    [TestCase("RSA", false)]
    public async Task TheyConnectPingAndTransferWhoeverDials(string keyType, bool ownDials)
    {
        JsPeer peer = await StartPeerAsync(new JsPeerOptions { KeyType = keyType });
        OwnNode node = await StartNodeAsync();
        await ConnectAsync(node, peer, ownDials);
        Assert.That(node.Host.Peers.Single().IsInbound, Is.Not.EqualTo(ownDials));

        await peer.CallAsync("ping", ("peer", node.IdText), ("count", 5));
        for (int i = 0; i < 5; i++)
        {
            Assert.That(await node.Host.PingAsync(peer.Id).InTime(), Is.GreaterThan(TimeSpan.Zero));
        }

        JsonObject echoed = await peer.CallAsync("echo", ("peer", node.IdText), ("text", "by js"));
        Assert.That(echoed["text"]!.GetValue<string>(), Is.EqualTo("by js"));
        Assert.That(await EchoAsync(node, peer.Id, "by own"), Is.EqualTo("by own"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task AnotherPeerThanTheAddressNamesIsRefused(bool ownDials)
    {
        JsPeer peer = await StartPeerAsync();
        JsPeer other = await StartPeerAsync();
        OwnNode node = await StartNodeAsync();
        if (ownDials)
        {
            ConnectResult result = await node.Host.DialAsync(peer.Address.WithPeer(other.Id)).InTime();
            Assert.That(result.Reason, Is.EqualTo(CloseReason.WrongPeer));
        }
        else
        {
            string wrong = node.Address.WithPeer(other.Id).ToString();
            Assert.That(async () => await peer.CallAsync("dial", ("address", wrong)), Throws.TypeOf<JsPeerException>());
        }

        Assert.That(node.Host.Peers, Is.Empty);
        await ConnectAsync(node, peer, ownDials);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task TheyIdentifyEachOther(bool ownDials)
    {
        JsPeer peer = await StartPeerAsync();
        OwnNode node = await StartNodeAsync();
        await ConnectAsync(node, peer, ownDials);

        JsonObject seen = await peer.CallAsync("identified", ("peer", node.IdText));
        Assert.That(seen["agent"]!.GetValue<string>(), Is.EqualTo("pouw/interop"));
        Assert.That(seen["version"]!.GetValue<string>(), Is.EqualTo(node.Host.Options.ProtocolVersion));
        Assert.That(Texts(seen["protocols"]), Is.SupersetOf(new[] { OwnNode.EchoProtocol, "/ipfs/ping/1.0.0", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0" }));
        Assert.That(Texts(seen["addresses"]), Does.Contain(node.Host.ListenAddresses[0].ToString()));
        Assert.That(seen["observed"]!.GetValue<string>(), Does.StartWith("/ip4/127.0.0.1/tcp/"));
        Assert.That(seen["record"], Is.Not.Null, "js verified a signed record of ours");
        Assert.That(Texts(seen["record"]!["addresses"]), Does.Contain(node.Host.ListenAddresses[0].ToString()));

        PeerConnection known = node.Host.Peers.Single();
        Assert.That(known.Agent, Does.StartWith("pouw-interop-js/1.0.0"));
        Assert.That(known.Protocols, Is.SupersetOf(new[] { OwnNode.EchoProtocol, "/ipfs/ping/1.0.0", "/ipfs/id/1.0.0", "/meshsub/1.2.0" }));
        Assert.That(known.Addresses.Select(static address => address.WithoutPeer()), Does.Contain(peer.Address.WithoutPeer()));
    }

    [Test]
    public async Task ChangedProtocolsArePushedBothWays()
    {
        JsPeer peer = await StartPeerAsync();
        OwnNode node = await StartNodeAsync();
        await ConnectAsync(node, peer, ownDials: true);
        await peer.CallAsync("identified", ("peer", node.IdText));

        node.Host.Handle("/added/by/own", static (stream, _) => stream.CloseAsync().AsTask());
        await peer.CallAsync("speaks", ("peer", node.IdText), ("protocol", "/added/by/own"));

        await peer.CallAsync("handle", ("protocol", "/added/by/js"));
        await node.Updated.WaitForAsync(static update => update.Protocols.Contains("/added/by/js"));
        await peer.CallAsync("unhandle", ("protocol", "/added/by/js"));
        await node.Updated.WaitForAsync(static update => !update.Protocols.Contains("/added/by/js") && update.Protocols.Count > 0);
    }

    [Test]
    public async Task AProtocolThatNobodySpeaksIsRefusedBothWays()
    {
        JsPeer peer = await StartPeerAsync();
        OwnNode node = await StartNodeAsync();
        await ConnectAsync(node, peer, ownDials: true);
        Assert.That(
            async () => await node.OpenAsync(peer.Id, "/nobody/speaks/this"),
            Throws.TypeOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(NetworkError.ProtocolNotSupported));
        Assert.That(async () => await peer.CallAsync("open", ("peer", node.IdText), ("protocol", "/nobody/speaks/this")), Throws.TypeOf<JsPeerException>());
        Assert.That(await EchoAsync(node, peer.Id, "still there"), Is.EqualTo("still there"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task TheEndOfOneSideIsSeenByTheOther(bool ownEnds)
    {
        JsPeer peer = await StartPeerAsync();
        OwnNode node = await StartNodeAsync();
        await ConnectAsync(node, peer, ownDials: true);
        if (ownEnds)
        {
            await node.Host.DisconnectAsync(peer.Id).InTime();
            await peer.CallAsync("disconnected", ("peer", node.IdText));
        }
        else
        {
            await peer.CallAsync("hangUp", ("peer", node.IdText));
        }

        await node.Disconnected.WaitForCountAsync(1);
        await ConnectAsync(node, peer, ownDials: false);
    }

    [Test]
    public async Task BothDialAtOnceAndStayConnected()
    {
        JsPeer peer = await StartPeerAsync();
        OwnNode node = await StartNodeAsync();
        Task<ConnectResult> own = node.Host.DialAsync(peer.Address).InTime();
        Task js = peer.CallAsync("dial", ("address", node.Address.ToString()));
        Assert.That((await own).Reason, Is.EqualTo(CloseReason.None).Or.EqualTo(CloseReason.Duplicate));
        try
        {
            await js;
        }
        catch (JsPeerException)
        {
            // Its dial may be the one that was given up.
        }

        Assert.That(await EchoAsync(node, peer.Id, "one of them is left"), Is.EqualTo("one of them is left"));
    }

    [Test]
    public async Task WithTheLimitsOfJsTooManyDialsFailInOrder()
    {
        JsPeer peer = await StartPeerAsync(new JsPeerOptions { RaiseLimits = false });
        OwnNode[] nodes = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => StartNodeAsync()));
        ConnectResult[] results = await Task.WhenAll(nodes.Select(node => node.Host.DialAsync(peer.Address).InTime()));
        Assert.That(results.Count(static result => result.IsConnected), Is.InRange(5, 12), string.Join(", ", results));
        Assert.That(
            results.Where(static result => !result.IsConnected).Select(static result => result.Reason),
            Is.All.EqualTo(CloseReason.Unreachable).Or.EqualTo(CloseReason.Lost));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task LongTransfersArriveWhole(bool ownOpens)
    {
        const long Length = 256 << 20;
        JsPeer peer = await StartPeerAsync();
        OwnNode node = await StartNodeAsync();
        await ConnectAsync(node, peer, ownDials: true);
        string expected = BulkPattern.HashOf(Length);
        if (ownOpens)
        {
            Assert.That(await node.SendBulkAsync(peer.Id, Length), Is.EqualTo((Length, expected)));
            Assert.That(await node.ReceiveBulkAsync(peer.Id, Length), Is.EqualTo((Length, expected)));
            return;
        }

        foreach (string command in new[] { "bulkSend", "bulkReceive" })
        {
            JsonObject answer = await peer.CallAsync(command, ("peer", node.IdText), ("length", Length));
            Assert.That(answer["count"]!.GetValue<long>(), Is.EqualTo(Length), command);
            Assert.That(answer["hash"]!.GetValue<string>(), Is.EqualTo(expected), command);
        }
    }

    private static async Task ConnectAsync(OwnNode node, JsPeer peer, bool ownDials)
    {
        if (ownDials)
        {
            ConnectResult result = await node.Host.DialAsync(peer.Address).InTime();
            Assert.That(result, Is.EqualTo(new ConnectResult(CloseReason.None, peer.Id)));
            await peer.CallAsync("connected", ("peer", node.IdText));
            return;
        }

        int before = node.Connected.Items.Count;
        await peer.CallAsync("dial", ("address", node.Address.ToString()));
        await node.Connected.WaitForCountAsync(before + 1);
    }

    private static async Task<string> EchoAsync(OwnNode node, PeerId peer, string text)
    {
        await using PeerStream stream = await node.OpenAsync(peer, OwnNode.EchoProtocol);
        byte[] sent = Encoding.UTF8.GetBytes(text);
        await stream.WriteAsync(sent, default).InTime();
        await stream.CloseWritingAsync().InTime();
        byte[] echoed = new byte[sent.Length + 1];
        int count = await OwnNode.FillAsync(stream, echoed);
        return Encoding.UTF8.GetString(echoed, 0, count);
    }

    private static string[] Texts(JsonNode? array) => [.. array!.AsArray().Select(static text => text!.GetValue<string>())];
}
