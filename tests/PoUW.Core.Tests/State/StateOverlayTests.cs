using PoUW.Core.Accounts;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.State;

public sealed class StateOverlayTests
{
    private static readonly Address[] Accounts = [.. Enumerable.Range(0, 8).Select(i => Address.ForModule("account", [(byte)i]))];

    [Test]
    public void A_nested_overlay_changes_its_parent_only_when_merged()
    {
        using InMemoryKeyValueStore store = new();
        StateOverlay block = new(new WorldState(store).At(StateVersion.Empty));
        block.Mint(Accounts[0], Amount.FromCoins(10));
        StateKey key = StateKey.Create("test", "record", []);

        StateOverlay dropped = new(block);
        dropped.TryTransfer(Accounts[0], Accounts[1], Amount.FromCoins(4));
        dropped.SetRecord(key, [1]);
        Assert.That(block.GetAccount(Accounts[0]).Balance, Is.EqualTo(Amount.FromCoins(10)));
        Assert.That(block.GetRecord(key), Is.Null);

        StateOverlay merged = new(block);
        merged.TryTransfer(Accounts[0], Accounts[1], Amount.FromCoins(4));
        merged.TryBurn(Accounts[1], Amount.FromCoins(1));
        merged.SetRecord(key, [2]);
        merged.SetNonce(Accounts[0], 1);
        merged.MergeIntoParent();

        Assert.That(block.GetAccount(Accounts[0]), Is.EqualTo(new Account(1, Amount.FromCoins(6))));
        Assert.That(block.GetAccount(Accounts[1]).Balance, Is.EqualTo(Amount.FromCoins(3)));
        Assert.That(block.Burned, Is.EqualTo(Amount.FromCoins(1)));
        Assert.That(block.GetRecord(key), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public void Overspending_changes_nothing()
    {
        using InMemoryKeyValueStore store = new();
        StateOverlay state = new(new WorldState(store).At(StateVersion.Empty));
        state.Mint(Accounts[0], Amount.FromCoins(1));

        Assert.That(state.TryTransfer(Accounts[0], Accounts[1], Amount.FromCoins(2)), Is.False);
        Assert.That(state.TryBurn(Accounts[0], Amount.FromCoins(2)), Is.False);
        Assert.That(state.GetAccount(Accounts[0]).Balance, Is.EqualTo(Amount.FromCoins(1)));
        Assert.That(state.Burned, Is.EqualTo(Amount.Zero));
    }

    [Test]
    public void A_transfer_to_oneself_changes_nothing()
    {
        using InMemoryKeyValueStore store = new();
        StateOverlay state = new(new WorldState(store).At(StateVersion.Empty));
        state.Mint(Accounts[0], Amount.FromCoins(1));

        Assert.That(state.TryTransfer(Accounts[0], Accounts[0], Amount.FromCoins(1)), Is.True);
        Assert.That(state.GetAccount(Accounts[0]).Balance, Is.EqualTo(Amount.FromCoins(1)));
    }

    [Test]
    public void Supply_beyond_128_bits_and_oversized_records_are_broken_invariants()
    {
        using InMemoryKeyValueStore store = new();
        StateOverlay state = new(new WorldState(store).At(StateVersion.Empty));
        state.Mint(Accounts[0], new Amount(UInt128.MaxValue));

        Assert.That(() => state.Mint(Accounts[1], Amount.FromBaseUnits(1)), Throws.InstanceOf<OverflowException>());
        Assert.That(
            () => state.SetRecord(StateKey.Create("test", "record", []), new byte[StateOverlay.MaxRecordBytes + 1]), Throws.ArgumentException);
        Assert.That(() => state.MergeIntoParent(), Throws.InvalidOperationException);
    }

    [Test]
    public void An_attempt_that_is_taken_back_leaves_no_trace()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateKey kept = StateKey.Create("test", "kept", []);
        StateKey other = StateKey.Create("test", "other", []);
        StateOverlay first = new(world.At(StateVersion.Empty));
        first.Mint(Accounts[0], Amount.FromCoins(9));
        first.SetRecord(kept, [1]);
        WriteBatch batch = new();
        StateVersion version = world.Commit(first, StateVersion.Empty, batch);
        store.Apply(batch);

        StateOverlay block = new(world.At(version));
        block.TryTransfer(Accounts[0], Accounts[1], Amount.FromCoins(2));
        StateUpdate before = world.Update(block, version);
        block.BeginAttempt();
        Assert.That(block.BeginAttempt, Throws.InvalidOperationException);
        block.Mint(Accounts[2], Amount.FromCoins(1));
        block.TryBurn(Accounts[0], Amount.FromCoins(1));
        block.TryTransfer(Accounts[0], Accounts[1], Amount.FromCoins(1));
        block.TryTransfer(Accounts[1], Accounts[3], Amount.FromCoins(3));
        block.SetNonce(Accounts[0], 5);
        block.SetRecord(kept, null);
        block.SetRecord(kept, [3]);
        block.SetRecord(other, [4]);
        StateOverlay above = new(block);
        above.Mint(Accounts[4], Amount.FromCoins(8));
        above.SetRecord(other, [5]);
        above.MergeIntoParent();
        Assert.That(block.GetAccount(Accounts[4]).Balance, Is.EqualTo(Amount.FromCoins(8)));
        block.EndAttempt(keep: false);

        Assert.That(() => block.EndAttempt(keep: true), Throws.InvalidOperationException);
        Assert.That((block.Minted, block.Burned), Is.EqualTo((Amount.FromCoins(9), Amount.Zero)));
        Assert.That(Accounts.Select(address => block.GetAccount(address).Balance.BaseUnits / Amount.FromCoins(1).BaseUnits), Is.EqualTo(new UInt128[] { 7, 2, 0, 0, 0, 0, 0, 0 }));
        Assert.That(block.GetAccount(Accounts[0]).Nonce, Is.Zero);
        Assert.That(block.GetRecord(kept), Is.EqualTo(new byte[] { 1 }));
        Assert.That(block.GetRecord(other), Is.Null);
        Assert.That(world.Update(block, version).Root, Is.EqualTo(before.Root));
    }

    /// <summary>Attempts on one overlay and overlays upon overlays are two ways to the same state.</summary>
    [FsCheck.NUnit.Property(MaxTest = 100)]
    public bool Attempts_and_nested_overlays_give_the_same_state(ushort[] operations)
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateOverlay nested = new(world.At(StateVersion.Empty));
        StateOverlay attempted = new(world.At(StateVersion.Empty));
        for (int i = 0; i < operations.Length; i++)
        {
            bool keep = operations[i] % 3 != 0;
            StateOverlay above = new(nested);
            attempted.BeginAttempt();
            foreach (StateOverlay state in new[] { above, attempted })
            {
                Operate(state, operations[i]);
                Operate(state, (ushort)(operations[i] * 31 % 65_521));
                state.SetRecord(StateKey.Create("test", "record", [(byte)(operations[i] % 5)]), operations[i] % 2 == 0 ? null : [(byte)i]);
            }

            attempted.EndAttempt(keep);
            if (keep)
            {
                above.MergeIntoParent();
            }
        }

        return world.Update(nested, StateVersion.Empty).Root == world.Update(attempted, StateVersion.Empty).Root;
    }

    [Test]
    public void Emptied_accounts_leave_the_tree()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateOverlay first = new(world.At(StateVersion.Empty));
        first.Mint(Accounts[0], Amount.FromCoins(1));
        WriteBatch batch = new();
        StateVersion root = world.Commit(first, StateVersion.Empty, batch);
        store.Apply(batch);
        batch.Clear();
        StateOverlay second = new(world.At(root));
        second.TryTransfer(Accounts[0], Accounts[1], Amount.FromCoins(1));
        StateVersion moved = world.Commit(second, root, batch);
        store.Apply(batch);

        StateProof proof = world.At(moved).ProveAccount(Accounts[0]);
        Assert.That(StateProofVerifier.VerifyExclusion(moved.Root, AccountCodec.PathOf(Accounts[0]), proof), Is.True);
        Assert.That(world.At(moved).GetAccount(Accounts[0]).IsEmpty, Is.True);
        Assert.That(world.At(moved).Minted, Is.EqualTo(Amount.FromCoins(1)));
    }

    /// <summary>Random mints, transfers and burns, some on overlays that are dropped: the balances always sum to minted minus burned.</summary>
    [FsCheck.NUnit.Property(MaxTest = 100)]
    public bool Supply_is_conserved(ushort[] operations)
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion root = StateVersion.Empty;
        StateOverlay block = new(world.At(root));
        for (int i = 0; i < operations.Length; i++)
        {
            StateOverlay attempt = new(block);
            Operate(attempt, operations[i]);
            if (operations[i] % 5 != 0)
            {
                attempt.MergeIntoParent();
            }

            if (i % 7 == 6)
            {
                WriteBatch batch = new();
                root = world.Commit(block, root, batch);
                store.Apply(batch);
                block = new StateOverlay(world.At(root));
            }
        }

        Amount sum = Accounts.Aggregate(Amount.Zero, (total, address) => total + block.GetAccount(address).Balance);
        return sum == block.Minted - block.Burned;
    }

    private static void Operate(StateOverlay state, ushort operation)
    {
        Address from = Accounts[operation % 8];
        Address to = Accounts[operation / 8 % 8];
        Amount amount = Amount.FromBaseUnits((ulong)(operation / 64 % 64));
        switch (operation % 3)
        {
            case 0:
                state.Mint(to, amount);
                break;
            case 1:
                state.TryTransfer(from, to, amount);
                break;
            default:
                state.TryBurn(from, amount);
                break;
        }
    }
}
