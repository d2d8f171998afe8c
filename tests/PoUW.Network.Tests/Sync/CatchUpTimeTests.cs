using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>How many virtual seconds a node that was away for 500 blocks takes to be back, while its peers go on making blocks.</summary>
[TestFixture]
internal sealed class CatchUpTimeTests
{
    private const int Missed = 500;

    [Test]
    public void With_one_good_one_slow_and_one_clogged_peer() => Run(async scene =>
    {
        Answers good = new(static _ => TimeSpan.FromMilliseconds(50));
        Answers slow = new(static _ => TimeSpan.FromSeconds(3));
        Answers clogged = new(static _ => Timeout.InfiniteTimeSpan);
        TimeSpan taken = await MeasureAsync(scene, good, slow, clogged);
        TestContext.Out.WriteLine($"{taken} good {good} slow {slow} clogged {clogged}");
        Assert.That(taken, Is.LessThan(TimeSpan.FromSeconds(5)));
    });

    /// <summary>Every machine is busy: answers come later than others are asked for usually, and each block costs time.</summary>
    [Test]
    public void With_peers_that_are_all_under_load() => Run(async scene =>
    {
        Answers[] loaded = [.. Enumerable.Range(0, 3).Select(static _ => new Answers(static count => TimeSpan.FromMilliseconds(1_000 + (30 * count))))];
        TimeSpan taken = await MeasureAsync(scene, loaded);
        TestContext.Out.WriteLine($"{taken} {string.Join(" ", loaded.AsEnumerable())}");
        Assert.That(taken, Is.LessThan(TimeSpan.FromSeconds(15)));
        Assert.That(loaded.Sum(static one => one.Blocks), Is.LessThan(2 * Missed), "load is not answered with more load");
    });

    /// <summary>Nobody answers for bodies in the first 25 seconds, which is longer than a request may take.</summary>
    [Test]
    public void With_peers_that_are_all_clogged_for_a_while() => Run(async scene =>
    {
        TimeSpan Delay(int count) => scene.World.Time.Now < TimeSpan.FromSeconds(25) ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(50);
        Answers[] clogged = [.. Enumerable.Range(0, 3).Select(_ => new Answers(Delay))];
        TimeSpan taken = await MeasureAsync(scene, clogged);
        TestContext.Out.WriteLine($"{taken} {string.Join(" ", clogged.AsEnumerable())}");
        Assert.That(taken, Is.LessThan(TimeSpan.FromSeconds(45)));
    });

    /// <summary>From the start of the node until it has the head of its peers, which make four blocks a second meanwhile.</summary>
    private static async Task<TimeSpan> MeasureAsync(SyncScene scene, params Answers[] answers)
    {
        List<Block> blocks = scene.Grow(100 + Missed);
        List<SyncPeerNode> peers = [];
        foreach (Answers answer in answers)
        {
            peers.Add(await SyncPeerNode.StartLiarAsync(scene, $"peer-{peers.Count}", blocks));
            answer.ServeOn(peers[^1], scene);
        }

        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node", blocks[..100]);
        bool isBack = false;
        TimeSpan back = TimeSpan.Zero;
        node.Sync!.BlockAccepted += _ =>
        {
            if (!isBack && node.Chain.Head.Height + 2 >= scene.Source.Head.Height)
            {
                (isBack, back) = (true, scene.World.Time.Now);
            }
        };
        Task mining = scene.World.Spawn("mining", async () =>
        {
            while (!isBack)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), scene.World.Time);
                Block block = scene.Grow(1)[0];
                peers.ForEach(peer => SyncChains.ImportAll(peer.Chain, [block]));
                await peers[0].Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(block, scene.Options.InlineBlockBytes));
            }
        });
        await node.ConnectAsync([.. peers]);
        await node.UntilAsync(() => isBack);
        await mining;
        foreach (SyncPeerNode one in peers.Append(node))
        {
            await one.StopAsync();
        }

        return back;
    }

    private static void Run(Func<SyncScene, Task> scenario) =>
        SyncScene.Play(scenario, new SyncOptions());

    /// <summary>What a peer answers: headers soon, bodies after a time that depends on their number.</summary>
    private sealed class Answers(Func<int, TimeSpan> delay)
    {
        public int Requests { get; private set; }

        public int Blocks { get; private set; }

        public int Headers { get; private set; }

        public override string ToString() => $"{Requests} requests, {Blocks} blocks, {Headers} headers;";

        public void ServeOn(SyncPeerNode peer, SyncScene scene)
        {
            peer.AnswerHeaders(honest =>
            {
                Headers += honest.Headers.Count;
                return honest;
            });
            foreach (string protocol in new[] { SyncProtocols.Bodies, SyncProtocols.Block })
            {
                peer.Node.Serve(protocol, async (_, message, cancellation) =>
                {
                    IReadOnlyList<Hash256> ids = BodiesRequest.TryDecode(message.Span)!.Ids;
                    Requests++;
                    await Task.Delay(delay(ids.Count), scene.World.Time, cancellation);
                    Blocks += ids.Count;
                    return BodiesResponse.Encode(0, [.. ids.Select(id => peer.Chain.GetBlock(id)!.Encode())]);
                });
            }

            peer.Answer(SyncProtocols.Pool, static _ => new PoolResponse([]).Encode());
        }
    }
}
