using System.Text;
using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Tests.Finality;

namespace PoUW.Core.Tests.Archive;

public sealed class IntegrityCheckTests
{
    private FinalityNet _net = null!;
    private InMemoryKeyValueStore _store = null!;
    private BlockChain _chain = null!;

    [SetUp]
    public void Grow()
    {
        _net = new FinalityNet();
        _store = new InMemoryKeyValueStore();
        _chain = _net.Open(_store, options => options with { KeptWitnesses = 5 });
        _net.Grow(_chain, 14, [0, 1, 2]);
        Assert.That(_chain.Import(_net.Net.Next(_chain, [_net.Net.Pay(_net.Net.Alice, 0, 1), _net.Net.Pay(_net.Net.Bob, 0, 2)])).IsValid, Is.True);
        Assert.That(_chain.PruneWitnesses(4), Is.EqualTo(4));
    }

    [TearDown]
    public void Close()
    {
        _store.Dispose();
        _net.Dispose();
    }

    [Test]
    public void A_sound_chain_has_no_findings()
    {
        List<ulong> heights = [];
        IntegrityReport report = IntegrityCheck.Run(
            _store, _net.Net.Parameters.MaxBlockBytes, _chain.Genesis.Id, null, new Direct<ulong>(heights.Add));
        Assert.That(report.Findings, Is.Empty);
        Assert.That((report.IsClean, report.Blocks, report.IsTruncated), Is.EqualTo((true, 16ul, false)));
        Assert.That(report.Records, Is.GreaterThan(10));
        Assert.That(heights, Has.Count.EqualTo(16));
        Assert.That(report.ToString(), Does.StartWith("16 blocks"));
    }

    [Test]
    public void A_chain_after_reorganisations_has_no_findings()
    {
        using TestNet net = new();
        using InMemoryKeyValueStore store = new();
        BlockChain chain = net.Open(store);
        Assert.That(chain.Import(net.Next(chain, [net.Pay(net.Alice, 0, 1)])).IsValid, Is.True);
        BlockChain rival = net.Open();
        net.Grow(rival, 3, offsetMs: 1);
        for (ulong height = 1; height <= 3; height++)
        {
            Assert.That(chain.Import(rival.GetBlockByHeight(height)!).IsValid, Is.True);
        }

        Assert.That(chain.Head.Id, Is.EqualTo(rival.Head.Id));
        Assert.That(IntegrityCheck.Run(store, net.Parameters.MaxBlockBytes, chain.Genesis.Id).Findings, Is.Empty);
    }

    [Test]
    public void A_quick_check_looks_at_the_last_blocks_only()
    {
        Delete("chain/block/", _chain.GetIdByHeight(2)!.Value);
        Assert.That(Check(new IntegrityCheckOptions { LastBlocks = 13 }).Findings, Is.Empty);
        Assert.That(Check(new IntegrityCheckOptions { LastBlocks = 13 }).Blocks, Is.EqualTo(13));
        Assert.That(Check(IntegrityCheckOptions.Quick).Findings, Is.Not.Empty, "it is longer than this chain");
        Assert.That(Check(IntegrityCheckOptions.Quick).Records, Is.Zero);
    }

    [TestCase("chain/block/", IntegrityArea.Block)]
    [TestCase("chain/entry/", IntegrityArea.Entry)]
    [TestCase("chain/receipts/", IntegrityArea.Receipts)]
    [TestCase("chain/witness/", IntegrityArea.Witnesses)]
    public void A_missing_record_of_a_block_is_found_at_its_height(string table, IntegrityArea area)
    {
        Delete(table, _chain.GetIdByHeight(9)!.Value);
        IntegrityFinding finding = Check().Findings[0];
        Assert.That((finding.Area, finding.Height), Is.EqualTo((area, (ulong?)9)));
        Assert.That(finding.ToString(), Does.StartWith($"{area} at height 9: "));
    }

    /// <summary>Every record of the chain is needed: without it, or with another's value under its key, the check finds something.</summary>
    [Test]
    public void No_record_can_go_missing_or_be_another_one_unnoticed()
    {
        List<KeyValuePair<byte[], byte[]>> all = [.. _store.ScanPrefix("chain/"u8)];
        Dictionary<string, byte[]> lastOfTable = [];
        int swapped = 0;
        foreach ((byte[] key, byte[] value) in all)
        {
            string text = Encoding.Latin1.GetString(key);
            string table = text[..(text.LastIndexOf('/', Math.Min(text.Length - 1, 16)) + 1)];
            if (text != "chain/pruned")
            {
                Assert.That(Without(key), Is.Not.Empty, $"without {text}");
            }

            // A witness proves work only together with a verifier; that a store gives back what it was given is the store's own check.
            if (lastOfTable.TryGetValue(table, out byte[]? other) && table != "chain/witness/" && !other.AsSpan().SequenceEqual(value))
            {
                Assert.That(With(key, other), Is.Not.Empty, $"another value under {text}");
                swapped++;
            }

            lastOfTable[table] = value;
        }

        Assert.That(swapped, Is.GreaterThan(60));
        Assert.That(Check().Findings, Is.Empty);
    }

    [Test]
    public void No_record_of_any_length_makes_the_check_throw()
    {
        foreach ((byte[] key, byte[] value) in _store.ScanPrefix("chain/"u8).ToList())
        {
            With(key, []);
            With(key, value.AsSpan(0, value.Length / 2).ToArray());
            With(key, [.. value, 7]);
        }

        Assert.That(Check().Findings, Is.Empty);
    }

    [Test]
    public void Every_node_of_the_heads_state_is_needed()
    {
        List<byte[]> needed = [];
        foreach ((byte[] key, byte[] value) in _store.ScanPrefix("state/p/"u8).Concat(_store.ScanPrefix("state/v/"u8)).ToList())
        {
            if (Without(key) is [{ Area: IntegrityArea.State }])
            {
                needed.Add(key);
                byte[] damaged = [.. value];
                damaged[^1] ^= 1;
                Assert.That(With(key, damaged)[0].Area, Is.EqualTo(IntegrityArea.State));
            }
        }

        Assert.That(needed, Has.Count.GreaterThan(10));
    }

    [Test]
    public void Records_that_should_not_be_there_are_found()
    {
        Hash256 id = _chain.Head.Id;
        Assert.That(With([.. "chain/height/"u8, 0, 0, 0, 0, 0, 0, 0, 16], id.ToArray())[0].Area, Is.EqualTo(IntegrityArea.HeightIndex));
        Assert.That(With([.. "chain/tx/"u8, .. id.ToArray()], new byte[36])[0].Area, Is.EqualTo(IntegrityArea.TransactionIndex));
        Assert.That(With([.. "chain/witness/"u8, .. _chain.GetIdByHeight(2)!.Value.ToArray()], [1])[0].Area, Is.EqualTo(IntegrityArea.Witnesses));
    }

    [Test]
    public void A_store_without_chain_or_of_another_network_is_a_finding()
    {
        using InMemoryKeyValueStore empty = new();
        IntegrityReport none = IntegrityCheck.Run(empty, 1 << 20, _chain.Genesis.Id);
        IntegrityReport foreign = IntegrityCheck.Run(_store, _net.Net.Parameters.MaxBlockBytes, Hash256.Sha256("other"u8));
        Assert.That(none.Findings.Single().Area, Is.EqualTo(IntegrityArea.Head));
        Assert.That(foreign.Findings.Single().Message, Does.StartWith("Another network's genesis"));
    }

    [Test]
    public void A_store_that_cannot_be_read_gives_findings_up_to_the_limit()
    {
        DamagedStore damaged = new(_store, key => key.AsSpan().StartsWith("chain/block/"u8));
        IntegrityReport report = IntegrityCheck.Run(
            damaged, _net.Net.Parameters.MaxBlockBytes, _chain.Genesis.Id, new IntegrityCheckOptions { MaxFindings = 3 });
        Assert.That((report.Findings.Count, report.IsTruncated), Is.EqualTo((3, true)));
        Assert.That(report.Findings.Select(finding => finding.Message), Is.All.EqualTo("The page is damaged."));
        Assert.That(report.ToString(), Does.StartWith("3 or more fault(s), the first: Block at height 0"));
    }

    [Test]
    public void A_check_can_be_cancelled()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.That(
            () => IntegrityCheck.Run(_store, 1 << 20, _chain.Genesis.Id, cancellation: source.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    private IntegrityReport Check(IntegrityCheckOptions? options = null) =>
        IntegrityCheck.Run(_store, _net.Net.Parameters.MaxBlockBytes, _chain.Genesis.Id, options);

    private IReadOnlyList<IntegrityFinding> Without(byte[] key)
    {
        byte[] value = _store.Get(key)!;
        _store.Apply(new WriteBatch().Delete(key));
        IReadOnlyList<IntegrityFinding> findings = Check().Findings;
        _store.Apply(new WriteBatch().Put(key, value));
        return findings;
    }

    private IReadOnlyList<IntegrityFinding> With(byte[] key, byte[] value)
    {
        byte[]? before = _store.Get(key);
        _store.Apply(new WriteBatch().Put(key, value));
        IReadOnlyList<IntegrityFinding> findings = Check().Findings;
        _store.Apply(before is null ? new WriteBatch().Delete(key) : new WriteBatch().Put(key, before));
        return findings;
    }

    private void Delete(string table, Hash256 id) => _store.Apply(new WriteBatch().Delete([.. Encoding.ASCII.GetBytes(table), .. id.ToArray()]));
}
