using PoUW.Core.Accounts;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>
/// Changes on top of a state that stays untouched. Overlays nest: a transaction runs on an overlay over the block's overlay, and is
/// merged into it or dropped. Not thread-safe; the parent must not change while the overlay is in use, except through
/// <see cref="MergeIntoParent"/>.
/// </summary>
public sealed class StateOverlay : IStateWriter
{
    /// <summary>Largest record in bytes.</summary>
    public const int MaxRecordBytes = 1024 * 1024;

    private readonly IStateReader _parent;
    private readonly Dictionary<Address, Account> _accounts = [];
    private readonly Dictionary<StateKey, byte[]?> _records = [];
    private SupplyRecord _supply;
    private bool _supplyChanged;

    /// <summary>Starts without changes on a parent.</summary>
    public StateOverlay(IStateReader parent)
    {
        _parent = parent;
        _supply = new SupplyRecord(parent.Minted, parent.Burned);
    }

    /// <inheritdoc/>
    public Amount Minted => _supply.Minted;

    /// <inheritdoc/>
    public Amount Burned => _supply.Burned;

    /// <inheritdoc/>
    public Account GetAccount(Address address) => _accounts.TryGetValue(address, out Account account) ? account : _parent.GetAccount(address);

    /// <inheritdoc/>
    public byte[]? GetRecord(StateKey key) => _records.TryGetValue(key, out byte[]? value) ? value : _parent.GetRecord(key);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The record is longer than <see cref="MaxRecordBytes"/>: a module must keep its own limits.</exception>
    public void SetRecord(StateKey key, byte[]? value)
    {
        if (value is { Length: > MaxRecordBytes })
        {
            throw new ArgumentException($"A record has at most {MaxRecordBytes} bytes, not {value.Length}.", nameof(value));
        }

        _records[key] = value;
    }

    /// <inheritdoc/>
    public void SetNonce(Address address, ulong nonce) => _accounts[address] = GetAccount(address) with { Nonce = nonce };

    /// <inheritdoc/>
    public bool TryTransfer(Address from, Address to, Amount amount)
    {
        if (!TryTake(from, amount))
        {
            return false;
        }

        Give(to, amount);
        return true;
    }

    /// <inheritdoc/>
    /// <exception cref="OverflowException">The supply would exceed 2^128-1 base units.</exception>
    public void Mint(Address to, Amount amount)
    {
        _supply = _supply with { Minted = _supply.Minted + amount };
        _supplyChanged = true;
        Give(to, amount);
    }

    /// <inheritdoc/>
    public bool TryBurn(Address from, Amount amount)
    {
        if (!TryTake(from, amount))
        {
            return false;
        }

        _supply = _supply with { Burned = _supply.Burned + amount };
        _supplyChanged = true;
        return true;
    }

    /// <summary>Writes all changes into the parent, which must be an overlay.</summary>
    /// <exception cref="InvalidOperationException">The parent is not an overlay.</exception>
    public void MergeIntoParent()
    {
        StateOverlay parent = _parent as StateOverlay ?? throw new InvalidOperationException("The parent of this overlay cannot be written.");
        foreach ((Address address, Account account) in _accounts)
        {
            parent._accounts[address] = account;
        }

        foreach ((StateKey key, byte[]? value) in _records)
        {
            parent._records[key] = value;
        }

        if (_supplyChanged)
        {
            parent._supply = _supply;
            parent._supplyChanged = true;
        }
    }

    /// <summary>All changes by tree path. Their order means nothing: the tree sorts them by path.</summary>
    internal List<StateChange> Changes()
    {
        List<StateChange> changes = new(_accounts.Count + _records.Count + 1);
        foreach ((Address address, Account account) in _accounts)
        {
            changes.Add(new StateChange(AccountCodec.PathOf(address), account.IsEmpty ? null : AccountCodec.Encode(account)));
        }

        foreach ((StateKey key, byte[]? value) in _records)
        {
            changes.Add(new StateChange(key.Path, value));
        }

        if (_supplyChanged)
        {
            changes.Add(new StateChange(SupplyRecord.Path, _supply.Encode()));
        }

        return changes;
    }

    private bool TryTake(Address from, Amount amount)
    {
        Account account = GetAccount(from);
        if (!account.Balance.TrySubtract(amount, out Amount rest))
        {
            return false;
        }

        _accounts[from] = account with { Balance = rest };
        return true;
    }

    private void Give(Address to, Amount amount)
    {
        Account account = GetAccount(to);
        _accounts[to] = account with { Balance = account.Balance + amount };
    }
}
