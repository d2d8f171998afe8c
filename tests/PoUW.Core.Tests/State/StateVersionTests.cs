using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;

namespace PoUW.Core.Tests.State;

/// <summary>Commits, branches, pruning and restarts against plain maps.</summary>
public sealed class StateVersionTests
{
    [TestCaseSource(nameof(Seeds))]
    public void Any_history_of_branches_prunes_and_restarts_agrees_with_plain_maps(int seed)
    {
        using InMemoryKeyValueStore store = new();
        StateModel model = new(store, (ulong)seed, keys: seed % 2 == 0 ? 12 : 90);
        for (int step = 0; step < 120; step++)
        {
            switch (model.Draw(12))
            {
                case 0:
                    model.Propose(model.AnyLive());
                    break;
                case 1:
                    model.CommitInVain(model.AnyLive());
                    break;
                case 2:
                    model.Reopen();
                    break;
                case 3:
                    model.BeginPrune(model.Live[model.Draw((model.Live.Count + 2) / 3)]);
                    break;
                case 4 or 5:
                    model.World.PruneStep(1 + model.Draw(40));
                    break;
                case 6:
                    model.Commit(model.AnyLive());
                    break;
                default:
                    model.Commit(model.Newest);
                    break;
            }

            model.AssertReads(model.Newest);
            model.AssertReads(model.AnyLive());
            model.AssertDifference(model.AnyLive(), model.AnyLive());
        }

        foreach (StateVersion version in model.Live)
        {
            model.AssertReads(version);
            model.AssertProofs(version);
            Assert.That(version.Root, Is.EqualTo(StateTreeTests.ReferenceRoot([.. model.ContentOf(version).Select(pair => (pair.Key, pair.Value))])));
            Assert.That(model.World.Check(version), Has.Property(nameof(StateCheck.Problem)).Empty.And.Property(nameof(StateCheck.Values)).EqualTo(model.ContentOf(version).Count));
        }

        AssertGone(model);
        AssertNothingIsLeftOver(model, store);
    }

    [Test]
    public void The_same_root_on_two_branches_is_two_versions()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion trunk = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1));
        StateVersion left = StateTreeTests.Commit(world, store, trunk, (2, 2));
        StateVersion right = StateTreeTests.Commit(world, store, trunk, (2, 2));
        Assert.That((left.Root, left.Number), Is.EqualTo((right.Root, right.Number - 1)));

        world.BeginPrune(right);
        Finish(world, 1);
        Assert.That(world.At(right.Root).Version, Is.EqualTo(right));
        Assert.That(BitConverter.ToInt32(world.At(right).GetRecord(StateTreeTests.Key(2))!), Is.EqualTo(2));
        Assert.That(() => world.At(left).GetRecord(StateTreeTests.Key(2)), Throws.InstanceOf<StateTreeException>().With.Message.Contains("pruned"));
        Assert.That(() => world.BeginPrune(left), Throws.InstanceOf<StateTreeException>());
    }

    [Test]
    public void A_branch_that_died_can_be_neither_read_nor_extended()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion trunk = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1));
        StateVersion kept = StateTreeTests.Commit(world, store, trunk, (2, 2));
        StateVersion dead = StateTreeTests.Commit(world, store, trunk, (3, 3));
        StateOverlay late = new(world.At(dead));
        StateUpdate computed = world.Update(late, dead);
        StateSnapshot open = world.At(dead);
        open.GetRecord(StateTreeTests.Key(3));
        world.BeginPrune(kept);

        Assert.That(() => open.GetRecord(StateTreeTests.Key(3)), Throws.InstanceOf<StateTreeException>());
        Assert.That(() => open.ProveRecord(StateTreeTests.Key(3)), Throws.InstanceOf<StateTreeException>());
        Assert.That(() => world.Update(late, dead), Throws.InstanceOf<StateTreeException>());
        Assert.That(() => computed.WriteTo(new WriteBatch()), Throws.InstanceOf<StateTreeException>());
        Assert.That(() => world.Commit(new StateOverlay(world.At(StateVersion.Empty)), StateVersion.Empty, new WriteBatch()), Throws.InstanceOf<StateTreeException>());
        Assert.That(() => world.At(new StateVersion(99, dead.Root)).GetRecord(StateTreeTests.Key(3)), Throws.InstanceOf<StateTreeException>());
        Assert.That(() => world.At(new StateVersion(kept.Number, dead.Root)).GetRecord(StateTreeTests.Key(3)), Throws.InstanceOf<StateTreeException>());
    }

    /// <summary>The value of a dead branch is in memory while everything that tells it from the others is deleted.</summary>
    [Test]
    public void A_value_of_a_deleted_branch_does_not_come_back_from_memory()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion trunk = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1), (2, 1));
        StateVersion dead = StateTreeTests.Commit(world, store, trunk, (1, 66));
        world.At(dead).GetRecord(StateTreeTests.Key(2));
        StateVersion kept = StateTreeTests.Commit(world, store, trunk, (2, 2));
        StateVersion tip = kept;
        for (int i = 0; i < 5_000; i++)
        {
            // So many that what is known of versions in memory is dropped.
            tip = StateTreeTests.Commit(world, store, tip, (3, i + 1));
            if (i == 10)
            {
                world.BeginPrune(tip);
                Finish(world, 1_000);
            }
        }

        Assert.That(BitConverter.ToInt32(world.At(tip).GetRecord(StateTreeTests.Key(1))!), Is.EqualTo(1));
        Assert.That(BitConverter.ToInt32(world.At(tip).GetRecord(StateTreeTests.Key(2))!), Is.EqualTo(2));
    }

    [Test]
    public void A_crash_at_any_batch_of_pruning_loses_nothing()
    {
        for (int goodBatches = 0; ; goodBatches++)
        {
            using InMemoryKeyValueStore disk = new();
            StateModel model = new(disk, 5, keys: 40);
            for (int i = 0; i < 12; i++)
            {
                model.Commit(i % 4 == 3 ? model.AnyLive() : model.Newest);
            }

            StateVersion keep = model.Live[6];
            WorldState crashing = new(new FailingStore(disk, goodBatches));
            bool crashed = false;
            try
            {
                crashing.BeginPrune(keep);
                Finish(crashing, 5);
            }
            catch (IOException)
            {
                crashed = true;
            }

            model.Reopen();
            model.BeginPrune(keep);
            foreach (StateVersion version in model.Live)
            {
                model.AssertReads(version);
            }

            AssertGone(model);
            AssertNothingIsLeftOver(model, disk);
            if (!crashed)
            {
                Assert.That(goodBatches, Is.GreaterThan(8));
                return;
            }
        }
    }

    [Test]
    public void The_store_stays_small_when_old_states_go()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        Queue<StateVersion> kept = new();
        StateVersion tip = StateVersion.Empty;
        int most = 0;
        for (int block = 0; block < 1_000; block++)
        {
            (int Key, int Value)[] changes = [.. Enumerable.Range(0, 5).Select(i => ((block * 7) + (i * 31)) % 200).Distinct().Select(key => (key, block + 1))];
            tip = StateTreeTests.Commit(world, store, tip, changes);
            kept.Enqueue(tip);
            if (kept.Count > 16)
            {
                kept.Dequeue();
                world.BeginPrune(kept.Peek());
                Finish(world, 100);
                most = block % 50 == 0 ? Math.Max(most, store.ScanPrefix("state/"u8).Count()) : most;
            }
        }

        Assert.That(most, Is.InRange(200, 800));
        Assert.That(world.Check(kept.Peek()).IsSound && world.Check(tip).IsSound, Is.True);
    }

    [Test]
    public void Readers_see_their_version_or_are_told_that_it_is_gone()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store, new WorldStateOptions { PageCacheBytes = 40_000, ValueCacheBytes = 4_000 });
        StateVersion tip = StateTreeTests.Commit(world, store, StateVersion.Empty, [.. Enumerable.Range(0, 60).Select(key => (key, 1))]);
        (StateVersion Version, int Value) newest = (tip, 1);
        object gate = new();
        Exception? failure = null;
        int refused = 0;
        bool ended = false;
        Thread[] readers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(Read))];
        Array.ForEach(readers, reader => reader.Start());
        for (int value = 2; value < 300; value++)
        {
            int version = value;
            StateVersion side = StateTreeTests.Commit(world, store, tip, [.. Enumerable.Range(0, 60).Select(key => (key, -version))]);
            Assert.That(side.Number, Is.GreaterThan(tip.Number));
            tip = StateTreeTests.Commit(world, store, tip, [.. Enumerable.Range(0, 60).Select(key => (key, version))]);
            lock (gate)
            {
                newest = (tip, value);
            }

            world.BeginPrune(tip);
            Finish(world, 70);
        }

        Volatile.Write(ref ended, true);
        Array.ForEach(readers, reader => reader.Join());
        Assert.That(failure, Is.Null);
        TestContext.Out.WriteLine($"{refused} readings were refused.");

        void Read()
        {
            try
            {
                while (!Volatile.Read(ref ended))
                {
                    (StateVersion version, int value) = Newest();
                    ReadOnce(version, value);
                }
            }
            catch (Exception caught)
            {
                failure = caught;
            }
        }

        (StateVersion Version, int Value) Newest()
        {
            lock (gate)
            {
                return newest;
            }
        }

        void ReadOnce(StateVersion version, int value)
        {
            StateSnapshot state = world.At(version);
            try
            {
                for (int key = 0; key < 60; key++)
                {
                    Assert.That(BitConverter.ToInt32(state.GetRecord(StateTreeTests.Key(key)) ?? []), Is.EqualTo(value));
                }

                StateProof proof = state.ProveRecord(StateTreeTests.Key(7));
                Assert.That(StateProofVerifier.VerifyInclusion(version.Root, StateTreeTests.Key(7).Path, BitConverter.GetBytes(value), proof), Is.True);
            }
            catch (StateTreeException)
            {
                // Gone, or a page of it was deleted between two reads; a wrong answer would have failed above.
                Interlocked.Increment(ref refused);
            }
        }
    }

    [Test]
    public void The_full_check_finds_whatever_is_damaged()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion version = StateTreeTests.Commit(world, store, StateVersion.Empty, [.. Enumerable.Range(0, 60).Select(key => (key, key + 1))]);
        Assert.That(world.Check(version), Is.EqualTo(new StateCheck(world.Check(version).Pages, 60, "")));
        foreach ((byte[] key, byte[] value) in store.ScanPrefix("state/"u8).Where(pair => pair.Key[6] is (byte)'p' or (byte)'v' && pair.Key[7] == (byte)'/').ToList())
        {
            store.Apply(new WriteBatch().Delete(key));
            Assert.That(world.Check(version).IsSound, Is.False);
            for (int at = 0; at < value.Length; at += 5)
            {
                byte[] damaged = [.. value];
                damaged[at] ^= 1;
                store.Apply(new WriteBatch().Put(key, damaged));
                Assert.That(world.Check(version).IsSound, Is.False, $"{Convert.ToHexString(key)} at {at}");
            }

            store.Apply(new WriteBatch().Put(key, value));
        }

        Assert.That(world.Check(version).IsSound, Is.True);
        Assert.That(() => world.Check(new StateVersion(77, version.Root)), Throws.InstanceOf<StateTreeException>());
        Assert.That(() => world.Check(version, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase("state/base")]
    [TestCase("state/last")]
    public void A_damaged_record_of_the_states_is_refused_at_the_start(string key)
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion first = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1));
        world.BeginPrune(first);
        store.Apply(new WriteBatch().Put(System.Text.Encoding.ASCII.GetBytes(key), [1, 2, 3]));

        Assert.That(() => new WorldState(store), Throws.InstanceOf<StateTreeException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_missing_or_damaged_journal_stops_pruning_and_nothing_else(bool missing)
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion first = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1));
        StateVersion second = StateTreeTests.Commit(world, store, first, (1, 2));
        byte[] journal = store.ScanPrefix("state/journal/"u8).First().Key;
        store.Apply(missing ? new WriteBatch().Delete(journal) : new WriteBatch().Put(journal, [9, 9, 9]));
        world.BeginPrune(second);

        Assert.That(() => Finish(world, 10), Throws.InstanceOf<StateTreeException>().With.Message.Contains("journal"));
        Assert.That(BitConverter.ToInt32(world.At(second).GetRecord(StateTreeTests.Key(1))!), Is.EqualTo(2));
    }

    [Test]
    public void A_version_that_was_never_applied_cannot_be_the_base()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateOverlay overlay = new(world.At(StateVersion.Empty));
        overlay.SetRecord(StateTreeTests.Key(1), [1]);
        StateVersion lost = world.Commit(overlay, StateVersion.Empty, new WriteBatch());

        Assert.That(() => world.BeginPrune(lost), Throws.InstanceOf<StateTreeException>());
        Assert.That(world.Base, Is.EqualTo(StateVersion.Empty));
        Assert.That(world.PruneStep(1), Is.False);
        Assert.That(() => world.PruneStep(0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    /// <summary>The values of a batch that failed are in memory, and pruning deletes what tells their number from those of the states.</summary>
    [Test]
    public void A_value_that_was_never_applied_does_not_come_back_from_memory()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion trunk = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1), (2, 1));
        StateOverlay overlay = new(world.At(trunk));
        overlay.SetRecord(StateTreeTests.Key(1), BitConverter.GetBytes(66));
        world.Commit(overlay, trunk, new WriteBatch());
        StateVersion kept = StateTreeTests.Commit(world, store, trunk, (2, 2));
        StateVersion tip = StateTreeTests.Commit(world, store, kept, (2, 3));
        world.BeginPrune(tip);
        Finish(world, 3);

        Assert.That(BitConverter.ToInt32(world.At(tip.Root).GetRecord(StateTreeTests.Key(1))!), Is.EqualTo(1));
        Assert.That(world.Check(tip).IsSound, Is.True);
    }

    [Test]
    public void A_base_below_the_oldest_kept_state_changes_nothing()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion first = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1));
        StateVersion second = StateTreeTests.Commit(world, store, first, (1, 2));
        world.BeginPrune(second);
        Assert.That(() => world.BeginPrune(first), Throws.Nothing, "its record is there");
        Finish(world, 10);
        Assert.That(() => world.BeginPrune(first), Throws.Nothing, "its record is gone");

        Assert.That(world.Base, Is.EqualTo(second));
        Assert.That(BitConverter.ToInt32(world.At(second).GetRecord(StateTreeTests.Key(1))!), Is.EqualTo(2));
    }

    /// <summary>A batch is visible to readers before <see cref="WorldState.PruneStep"/> has returned.</summary>
    [Test]
    public void A_state_is_found_while_a_step_deletes_the_record_that_its_run_begins_with()
    {
        using InMemoryKeyValueStore inner = new();
        Action afterwards = () => { };
        using ReactingStore store = new(inner, () => afterwards());
        WorldState world = new(store);
        StateVersion trunk = StateTreeTests.Commit(world, store, StateVersion.Empty, (1, 1));
        StateTreeTests.Commit(world, store, trunk, (9, 9));
        StateVersion begin = StateTreeTests.Commit(world, store, trunk, (1, 2));
        StateVersion tip = StateTreeTests.Commit(world, store, begin, (1, 3));
        int reads = 0;
        afterwards = () =>
        {
            if (inner.ScanPrefix("state/version/"u8).Count() == 1)
            {
                reads++;
                Assert.That(BitConverter.ToInt32(world.At(tip.Root).GetRecord(StateTreeTests.Key(1))!), Is.EqualTo(3));
            }
        };
        world.BeginPrune(tip);
        Finish(world, 1);

        Assert.That(reads, Is.Positive);
    }

    [Test]
    public void An_update_is_written_once()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateUpdate update = world.Update(new StateOverlay(world.At(StateVersion.Empty)), StateVersion.Empty);
        update.WriteTo(new WriteBatch());

        Assert.That(() => update.WriteTo(new WriteBatch()), Throws.InvalidOperationException);
    }

    [Test]
    public void States_of_two_stores_cannot_be_compared()
    {
        using InMemoryKeyValueStore store = new();
        StateSnapshot one = new WorldState(store).At(StateVersion.Empty);

        Assert.That(() => one.Diff(new WorldState(store).At(StateVersion.Empty)), Throws.ArgumentException);
    }

    /// <summary>The work of a difference follows from what differs, not from the size: few reads of a large tree.</summary>
    [Test]
    public void A_difference_reads_what_differs()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion first = StateTreeTests.Commit(world, store, StateVersion.Empty, [.. Enumerable.Range(0, 20_000).Select(key => (key, 1))]);
        StateVersion second = StateTreeTests.Commit(world, store, first, (77, 2), (99_999, 1));
        using CountingStore counted = new(store);
        WorldState cold = new(counted, new WorldStateOptions { PageCacheBytes = 0, ValueCacheBytes = 0 });

        Assert.That(cold.At(first).Diff(cold.At(second)).Count(), Is.EqualTo(2));
        Assert.That(counted.Reads, Is.InRange(5, 40));
    }

    private static IEnumerable<int> Seeds() => Enumerable.Range(1, 12);

    private static void Finish(WorldState world, int maxDeletes)
    {
        int steps = 0;
        while (world.PruneStep(maxDeletes))
        {
            Assert.That(++steps, Is.LessThan(100_000));
        }
    }

    private static void AssertGone(StateModel model)
    {
        foreach (StateVersion version in model.Gone())
        {
            Assert.That(() => model.World.At(version).GetRecord(StateTreeTests.Key(1)), Throws.InstanceOf<StateTreeException>(), version.ToString());
        }
    }

    /// <summary>After everything but the newest version was pruned, the store holds that version and nothing else.</summary>
    private static void AssertNothingIsLeftOver(StateModel model, IKeyValueStore store)
    {
        StateVersion last = model.Commit(model.Newest);
        model.BeginPrune(last);
        Finish(model.World, 1 + model.Draw(100));
        model.AssertReads(last);
        StateCheck check = model.World.Check(last);
        string[] tables = [.. store.ScanPrefix("state/"u8).Select(pair => string.Concat(pair.Key.Skip(6).TakeWhile(c => c != '/').Select(c => (char)c)))];
        Assert.That(check.Problem, Is.Empty);
        Assert.That(tables.Count(table => table == "p"), Is.EqualTo(check.Pages));
        Assert.That(tables.Count(table => table == "v"), Is.EqualTo(check.Values));
        Assert.That(tables.Where(table => table.Length > 1), Is.EquivalentTo(new[] { "base", "last", "root", "version" }));
    }
}
