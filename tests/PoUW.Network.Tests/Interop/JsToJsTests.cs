using System.Text.Json.Nodes;

namespace PoUW.Network.Tests.Interop;

/// <summary>The harness itself: two js nodes do with each other what the other tests want of one of them.</summary>
internal sealed class JsToJsTests : InteropFixture
{
    private const string Topic = "interop";

    [Test]
    public async Task TheyDialPingAndIdentify()
    {
        JsPeer[] peers = await Task.WhenAll(StartPeerAsync(), StartPeerAsync(new JsPeerOptions { KeyType = "secp256k1" }));
        JsonObject dialed = await peers[0].CallAsync("dial", ("address", peers[1].Address.ToString()));
        Assert.That(dialed["peer"]!.GetValue<string>(), Is.EqualTo(peers[1].IdText));
        Assert.That(dialed["muxer"]!.GetValue<string>(), Is.EqualTo("/yamux/1.0.0"));
        await peers[1].CallAsync("connected", ("peer", peers[0].IdText));
        await peers[1].CallAsync("ping", ("peer", peers[0].IdText), ("count", 3));
        JsonObject identified = await peers[1].CallAsync("identified", ("peer", peers[0].IdText));
        Assert.That(identified["record"]!["addresses"]!.AsArray(), Is.Not.Empty);
        JsonObject echoed = await peers[0].CallAsync("echo", ("peer", peers[1].IdText), ("text", "there and back"));
        Assert.That(echoed["text"]!.GetValue<string>(), Is.EqualTo("there and back"));
        await peers[0].CallAsync("handle", ("protocol", "/new/1"));
        await peers[1].CallAsync("speaks", ("peer", peers[0].IdText), ("protocol", "/new/1"));
        await peers[0].CallAsync("hangUp", ("peer", peers[1].IdText));
        await peers[1].CallAsync("disconnected", ("peer", peers[0].IdText));
    }

    [Test]
    public async Task ADialWithAnotherIdFails()
    {
        JsPeer[] peers = await Task.WhenAll(StartPeerAsync(), StartPeerAsync(), StartPeerAsync());
        string wrong = peers[1].Address.ToString().Replace(peers[1].IdText, peers[2].IdText, StringComparison.Ordinal);
        Assert.That(async () => await peers[0].CallAsync("dial", ("address", wrong)), Throws.TypeOf<JsPeerException>());
    }

    [TestCase("StrictSign")]
    [TestCase("StrictNoSign")]
    public async Task TheyGossip(string policy)
    {
        JsPeerOptions options = new() { Policy = policy };
        JsPeer[] peers = await Task.WhenAll(StartPeerAsync(options), StartPeerAsync(options));
        foreach (JsPeer peer in peers)
        {
            await peer.CallAsync("subscribe", ("topic", Topic));
        }

        await peers[0].CallAsync("dial", ("address", peers[1].Address.ToString()));
        await Task.WhenAll(peers.Select(peer => peer.CallAsync("mesh", ("topic", Topic), ("count", 1))));
        await peers[0].CallAsync("publish", ("topic", Topic), ("texts", new JsonArray("a", "b", "c")));
        JsonObject received = await peers[1].CallAsync("received", ("topic", Topic), ("count", 3));
        Assert.That(received["texts"]!.AsArray().Select(static text => text!.GetValue<string>()), Is.EquivalentTo(new[] { "a", "b", "c" }));
        Assert.That(received["duplicates"]!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task TheyTransferBothWays()
    {
        const int Length = 3_500_000;
        JsPeer[] peers = await Task.WhenAll(StartPeerAsync(), StartPeerAsync());
        await peers[0].CallAsync("dial", ("address", peers[1].Address.ToString()));
        string expected = (await peers[0].CallAsync("patternHash", ("length", Length)))["hash"]!.GetValue<string>();
        Assert.That(BulkPattern.HashOf(Length), Is.EqualTo(expected));
        foreach (string command in new[] { "bulkSend", "bulkReceive" })
        {
            JsonObject answer = await peers[0].CallAsync(command, ("peer", peers[1].IdText), ("length", Length));
            Assert.That(answer["count"]!.GetValue<int>(), Is.EqualTo(Length));
            Assert.That(answer["hash"]!.GetValue<string>(), Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task AFailureNamesTheCommandAndAnEndTheErrors()
    {
        JsPeer peer = await StartPeerAsync();
        Assert.That(
            async () => await peer.CallAsync("ping", ("peer", peer.IdText)),
            Throws.TypeOf<JsPeerException>().With.Message.Contains("'ping'"));
        Assert.That(
            async () => await StartPeerAsync(new JsPeerOptions { KeyType = "rot13" }),
            Throws.TypeOf<JsPeerException>().With.Message.Contains("UnsupportedKeyType"));
    }
}
