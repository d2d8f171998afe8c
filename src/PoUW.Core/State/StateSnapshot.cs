using PoUW.Core.Accounts;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>The world state at one root. It never changes, so it is thread-safe and can be kept while the chain moves on.</summary>
public sealed class StateSnapshot : IStateReader
{
    private readonly StateTree _tree;

    internal StateSnapshot(StateTree tree, Hash256 root)
    {
        _tree = tree;
        Root = root;
    }

    /// <summary>The state root.</summary>
    public Hash256 Root { get; }

    /// <inheritdoc/>
    public Amount Minted => Supply.Minted;

    /// <inheritdoc/>
    public Amount Burned => Supply.Burned;

    private SupplyRecord Supply => SupplyRecord.Decode(_tree.Get(Root, SupplyRecord.Path));

    /// <inheritdoc/>
    public Account GetAccount(Address address)
    {
        byte[]? stored = _tree.Get(Root, AccountCodec.PathOf(address));
        if (stored is null)
        {
            return default;
        }

        return AccountCodec.TryDecode(stored, out Account account)
            ? account
            : throw new StateTreeException($"The account {address} is damaged.");
    }

    /// <inheritdoc/>
    public byte[]? GetRecord(StateKey key) => _tree.Get(Root, key.Path);

    /// <summary>Proves what the state says about an account.</summary>
    public StateProof ProveAccount(Address address) => _tree.Prove(Root, AccountCodec.PathOf(address));

    /// <summary>Proves what the state says about a record.</summary>
    public StateProof ProveRecord(StateKey key) => _tree.Prove(Root, key.Path);
}
