using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Notifications;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;

namespace PoUW.Core.Tests.Notifications;

/// <summary>The store fails at each batch in turn; whatever was lost, every subscriber reads one unbroken sequence.</summary>
public sealed class NotificationCrashTests
{
    [Test]
    public void A_crash_at_any_batch_loses_no_step_and_doubles_none()
    {
        using TestNet net = new();
        List<Block> script = Script(net);
        int crashes = 0;
        for (int goodBatches = 0; ; goodBatches++)
        {
            using InMemoryKeyValueStore disk = new();
            Host fast = new("fast", every: 1, finishEvery: 1);
            Host slow = new("slow", every: 3, finishEvery: 4);
            bool crashed = !Run(net, new FailingStore(disk, goodBatches), script, fast, slow);
            Assert.That(Run(net, disk, script, fast, slow), Is.True);
            BlockChain chain = net.Open(disk);

            // Each host has stored what it took, with the number of the last step, in one transaction: so a step counts once.
            foreach (Host host in new[] { fast, slow })
            {
                ValidatingChainObserver validator = new(new ChainRecorder(), chain.Genesis.Header);
                host.Replay(validator);
                Assert.That(validator.Tip, Is.EqualTo(chain.Head.Id), $"{host.Name} after {goodBatches} batches");
                Assert.That(host.Taken, Is.EqualTo(fast.Taken));
            }

            if (!crashed)
            {
                break;
            }

            crashes++;
        }

        Assert.That(crashes, Is.GreaterThan(script.Count));
    }

    private static bool Run(TestNet net, IKeyValueStore store, List<Block> script, params Host[] hosts)
    {
        try
        {
            BlockChain chain = net.Open(store);
            ChainSubscription[] subscriptions = [.. hosts.Select(host => chain.Notifications.Open(host.Name))];
            for (int i = 0; i < script.Count; i++)
            {
                _ = chain.Import(script[i]);
                for (int j = 0; j < hosts.Length; j++)
                {
                    hosts[j].Work(subscriptions[j], i, isLast: i == script.Count - 1);
                }
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Two blocks, a longer branch that wins, then the first branch again.</summary>
    private static List<Block> Script(TestNet net)
    {
        BlockChain first = net.Open();
        BlockChain second = net.Open();
        List<Block> left = net.Grow(first, 2);
        List<Block> right = net.Grow(second, 3, offsetMs: 1);
        List<Block> leftAgain = net.Grow(first, 3);
        return [.. left, .. right, .. leftAgain];
    }

    /// <summary>A host with a store of its own, which survives: the steps that it took, by their numbers.</summary>
    private sealed class Host(string name, int every, int finishEvery)
    {
        private readonly List<ChainNotification> _taken = [];

        internal string Name => name;

        internal IEnumerable<string> Taken => _taken.Select(step => step is AttachedNotification joined
            ? $"{step.Sequence}+{joined.Block.Id}"
            : $"{step.Sequence}-{((DetachedNotification)step).Block.Id}");

        private ulong Last => _taken.Count == 0 ? 0 : _taken[^1].Sequence;

        internal void Work(ChainSubscription subscription, int round, bool isLast)
        {
            if (round % every != 0 && !isLast)
            {
                return;
            }

            while (subscription.TryRead() is { } step)
            {
                Assert.That(step.Sequence, Is.LessThanOrEqualTo(Last + 1), "no gap");
                if (step.Sequence > Last)
                {
                    _taken.Add(step);
                }

                if (step.Sequence % (ulong)finishEvery == 0)
                {
                    Assert.That(subscription.Finish(step.Sequence), Is.True);
                }
            }
        }

        internal void Replay(IChainObserver observer)
        {
            foreach (ChainNotification step in _taken)
            {
                if (step is AttachedNotification joined)
                {
                    observer.BlockAttached(joined.Block, joined.Receipts);
                }
                else
                {
                    observer.BlockDetached(((DetachedNotification)step).Block);
                }
            }
        }
    }
}
