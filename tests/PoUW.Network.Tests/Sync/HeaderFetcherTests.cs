using PoUW.Core.Headers;
using PoUW.Core.Storage;
using PoUW.Network.Identity;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>The fetcher of headers by itself: its timers, and what it survives.</summary>
[TestFixture]
internal sealed class HeaderFetcherTests
{
    /// <summary>The peer was busy, so a timer is set; the pause that begins then ends after it.</summary>
    [Test]
    public void A_pause_that_begins_while_a_timer_is_set_is_followed_by_a_request() => Run(async (scene, fetcher, peer, answers) =>
    {
        answers.Enqueue([]);
        fetcher.Ask(peer);
        await Task.Delay(TimeSpan.FromSeconds(5), scene.World.Time);
        fetcher.Pause(peer);
        await Task.Delay(TimeSpan.FromSeconds(9.5), scene.World.Time);
        Assert.That(answers.Asked, Is.EqualTo(1));
        await Task.Delay(TimeSpan.FromSeconds(1), scene.World.Time);
        Assert.That(answers.Asked, Is.EqualTo(2));
    });

    /// <summary>A header is due in a minute; a busy peer is asked again in ten seconds, and no longer in a minute.</summary>
    [Test]
    public void The_earlier_of_two_timers_counts() => Run(async (scene, fetcher, peer, answers) =>
    {
        ulong early = (ulong)scene.World.Time.GetUtcNow().ToUnixTimeMilliseconds() + SyncChains.Parameters.MaxFutureMilliseconds + 60_000;
        Core.Blocks.Block tip = SyncChains.At(scene.Source, early);
        answers.Enqueue(new HeadersResponse(1, 0, [new HeaderAnnouncement(tip.SignedHeader, tip.Certificate.PublicData)]).Encode());
        answers.Enqueue([]);
        fetcher.Ask(peer);
        await Task.Delay(TimeSpan.FromSeconds(1), scene.World.Time);
        fetcher.Ask(peer);
        await Task.Delay(TimeSpan.FromSeconds(9), scene.World.Time);
        Assert.That(answers.Asked, Is.EqualTo(2));
        await Task.Delay(TimeSpan.FromSeconds(2), scene.World.Time);
        Assert.That(answers.Asked, Is.EqualTo(3));
        await Task.Delay(TimeSpan.FromMinutes(2), scene.World.Time);
        Assert.That(answers.Asked, Is.EqualTo(3), "one timer");
    });

    /// <summary>What is done when an answer takes long reads the chain; on a timer's thread a failure would end the process.</summary>
    [Test]
    public void A_store_that_fails_while_an_answer_takes_long_is_survived()
    {
        List<string> warnings = [];
        Run(async (scene, fetcher, peer, answers) =>
        {
            answers.Delay = TimeSpan.FromSeconds(3);
            fetcher.Ask(peer);
            await Task.Delay(TimeSpan.FromSeconds(1), scene.World.Time);
            Assert.That(warnings, Has.Count.EqualTo(1).And.All.Contains("disk"));
        }, warnings, () => throw new StoreException(StoreFailure.DiskFull, "disk"));
    }

    private static void Run(
        Func<SyncScene, HeaderFetcher, PeerId, Answers, Task> scenario, List<string>? warnings = null, Action? headersChanged = null)
    {
        SyncScene scene = new();
        scene.World.Run(async () =>
        {
            Answers answers = new();
            SyncPeerNode peer = await SyncPeerNode.StartLiarAsync(scene, "peer", []);
            peer.Node.Serve(SyncProtocols.Headers, async (_, _, cancellation) =>
            {
                answers.Asked++;
                await Task.Delay(answers.Delay, scene.World.Time, cancellation);
                return answers.TryDequeue(out byte[]? answer) ? answer : new HeadersResponse(0, 0, []).Encode();
            });
            SyncPeerNode node = await SyncPeerNode.StartLiarAsync(scene, "node", []);
            await node.ConnectAsync(peer);
            using CancellationTokenSource stop = new();
            SyncTasks tasks = new(scene.World, (warnings ?? []).Add, stop.Token);
            SyncPeers peers = new();
            peers.Add(peer.Node.Id);
            HeaderFetcher fetcher = new(
                node.Chain, new HeaderIntake<PeerId>(node.Chain, scene.Options.Headers, scene.World.Time), peers, new SyncNetwork(node.Node, stop.Token),
                scene.Options, scene.World.Time, tasks, new Pulse(), headersChanged ?? (static () => { }));
            await scenario(scene, fetcher, peer.Node.Id, answers);
            stop.Cancel();
            await tasks.StopAsync();
            await node.StopAsync();
            await peer.StopAsync();
        });
    }

    /// <summary>What the peer answers, one after the other; then that it has nothing.</summary>
    private sealed class Answers : Queue<byte[]>
    {
        public int Asked { get; set; }

        public TimeSpan Delay { get; set; }
    }
}
