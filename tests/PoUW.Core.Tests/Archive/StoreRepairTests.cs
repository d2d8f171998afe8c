using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Tests.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Archive;

public sealed class StoreRepairTests
{
    private TestNet _net = null!;
    private TemporaryFolder _folder = null!;
    private string _path = "";
    private BlockChainOptions _options = null!;
    private Hash256 _head;

    [SetUp]
    public void Grow()
    {
        _net = new TestNet();
        _folder = new TemporaryFolder();
        _path = _folder.File("chain.db");
        using SqliteKeyValueStore store = new(_path);
        BlockChain chain = _net.Open(store, options => _options = options);
        _net.Grow(chain, 3);
        store.Apply(new WriteBatch().Put("voter/last"u8, [1, 2, 3]));
        _head = chain.Head.Id;
    }

    [TearDown]
    public void Close()
    {
        _net.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void The_new_store_takes_the_place_and_the_old_one_stays_under_a_number()
    {
        byte[] before = File.ReadAllBytes(_path);
        StoreRepairReport first = Repair();
        StoreRepairReport second = Repair();

        Assert.That((first.DamagedPath, second.DamagedPath), Is.EqualTo((_path + ".damaged-1", _path + ".damaged-2")));
        Assert.That(File.ReadAllBytes(first.DamagedPath), Is.EqualTo(before));
        Assert.That((first.Unreadable, first.Rebuilt.Salvaged, StoreRepair.IsPending(_path)), Is.EqualTo(((string?)null, 3ul, false)));
        AssertHead(_head);
    }

    [Test]
    public void A_file_that_is_no_database_is_replaced_by_an_empty_chain()
    {
        File.WriteAllBytes(_path, [.. Enumerable.Repeat((byte)0x55, 9_000)]);
        StoreRepairReport report = Repair();
        Assert.That(report.Unreadable, Does.Contain("damaged"));
        Assert.That(report.Rebuilt.LostRanges, Is.EqualTo(new[] { "all keys" }));
        AssertHead(ChainRebuild.GenesisOf(_options));
        Assert.That(new FileInfo(report.DamagedPath).Length, Is.EqualTo(9_000));
    }

    [Test]
    public void A_file_that_is_not_there_is_no_obstacle()
    {
        File.Delete(_path);
        Assert.That(Repair().Unreadable, Does.Contain("not there"));
        AssertHead(ChainRebuild.GenesisOf(_options));
    }

    [Test]
    public void A_store_in_use_is_not_touched()
    {
        using (SqliteKeyValueStore store = new(_path))
        {
            Assert.That(() => Repair(), Throws.InstanceOf<StoreException>().With.Property(nameof(StoreException.Failure)).EqualTo(StoreFailure.Locked));
        }

        AssertHead(_head);
        Assert.That(OtherFiles(), Is.Empty);
    }

    /// <summary>A crash after any step leaves either the old store or the new one once the repair is resumed, and the damaged file somewhere.</summary>
    [Test]
    public void A_crash_after_any_step_is_resumed()
    {
        int steps = 0;
        for (int last = 0; ; last++)
        {
            int left = last;
            bool crashed = false;
            try
            {
                Repair(new Direct<string>(_ =>
                {
                    if (left-- == 0)
                    {
                        throw new IOException("The power is gone.");
                    }
                }));
            }
            catch (IOException)
            {
                crashed = true;
                steps++;
            }

            bool pending = StoreRepair.IsPending(_path);
            bool replaced = StoreRepair.Resume(_path);
            Assert.That((pending, replaced), Is.EqualTo((crashed, crashed && last >= 2)), $"step {last}");
            Assert.That(StoreRepair.Resume(_path), Is.False);
            AssertHead(_head);
            Assert.That(OtherFiles(), Is.Empty, $"step {last}");
            if (!crashed)
            {
                break;
            }
        }

        Assert.That(steps, Is.EqualTo(8), "building, built, moving the old one, its two files, moving the new one, its two files");
    }

    [Test]
    public void A_cancelled_repair_leaves_the_store_where_it_was()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.That(
            () => StoreRepair.Run(_path, OpenDamaged, Create, _options, new RebuildOptions(), cancellation: source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(StoreRepair.IsPending(_path), Is.False);
        AssertHead(_head);
    }

    private StoreRepairReport Repair(IProgress<string>? steps = null) =>
        StoreRepair.Run(_path, OpenDamaged, Create, _options, new RebuildOptions(), steps: steps);

    private static SqliteKeyValueStore OpenDamaged(string path) => new(path, new SqliteStoreOptions { AcceptLostBatches = true });

    private static SqliteKeyValueStore Create(string path) => new(path);

    /// <summary>The files in the folder that are neither damaged ones nor the store's own companions.</summary>
    private string[] OtherFiles() =>
    [
        .. Directory.GetFiles(Path.GetDirectoryName(_path)!)
            .Where(file => !file.Contains(".damaged-", StringComparison.Ordinal) && file != _path && file != _path + "-seal" && file != _path + "-lock"),
    ];

    private void AssertHead(Hash256 head)
    {
        using SqliteKeyValueStore store = new(_path);
        Assert.That(_net.Open(store).Head.Id, Is.EqualTo(head));
        Assert.That(store.Get("voter/last"u8), head == _head ? Is.EqualTo(new byte[] { 1, 2, 3 }) : Is.Null);
    }
}
