using System.Runtime.InteropServices;
using PoUW.Core.Accounts;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State.Tree;

namespace PoUW.Core.State;

/// <summary>
/// Changes on top of a state that stays untouched. A part of the changes can be taken back (<see cref="BeginAttempt"/>), so one overlay
/// serves all transactions of a block; overlays also nest, an upper one being merged into the lower or dropped. Not thread-safe; the
/// parent must not change while the overlay is in use, except through <see cref="MergeIntoParent"/>.
/// </summary>
public sealed class StateOverlay : IStateWriter
{
    /// <summary>Largest record in bytes.</summary>
    public const int MaxRecordBytes = 1024 * 1024;

    // What a block of the usual size needs; more is not kept for the next one.
    private const int MaxKeptEntries = 65_536;

    private IStateReader _parent;

    // A committed state never changes, so what was read from it once need not be read again.
    private StateSnapshot? _committed;
    private readonly List<Undo> _undo = [];
    private Dictionary<Address, int>? _accountPlaces;
    private Dictionary<Hash256, int>? _recordPlaces;
    private AccountEntry[] _accounts = [];
    private RecordEntry[] _records = [];
    private int _accountCount;
    private int _recordCount;
    private SupplyRecord _supply;
    private bool _supplyChanged;
    private bool _attempting;

    /// <summary>Starts without changes on a parent.</summary>
    public StateOverlay(IStateReader parent)
    {
        _parent = parent;
        _committed = parent as StateSnapshot;
        _supply = _committed?.Supply ?? new SupplyRecord(parent.Minted, parent.Burned);
    }

    /// <summary>True if the memory is small enough to be kept for another use.</summary>
    internal bool CanReset => _accounts.Length <= MaxKeptEntries && _records.Length <= MaxKeptEntries;

    /// <inheritdoc/>
    public Amount Minted => _supply.Minted;

    /// <inheritdoc/>
    public Amount Burned => _supply.Burned;

    /// <summary>Drops all changes and starts anew on another state, with the memory of the last use.</summary>
    internal void Reset(StateSnapshot parent)
    {
        (_parent, _committed, _supply) = (parent, parent, parent.Supply);
        (_supplyChanged, _attempting) = (false, false);
        _accountPlaces?.Clear();
        _recordPlaces?.Clear();
        _undo.Clear();
        Array.Clear(_records, 0, _recordCount);
        (_accountCount, _recordCount) = (0, 0);
    }

    /// <inheritdoc/>
    public Account GetAccount(Address address)
    {
        int place = FindAccount(address);
        return place >= 0 && (_accounts[place].IsChanged || _committed is not null) ? _accounts[place].Account : ReadAccount(address);
    }

    /// <inheritdoc/>
    public byte[]? GetRecord(StateKey key)
    {
        Hash256 path = key.Path;
        int place = FindRecord(path);
        return place >= 0 && (_records[place].IsChanged || _committed is not null) ? _records[place].Value : ReadRecord(key, path);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The record is longer than <see cref="MaxRecordBytes"/>: a module must keep its own limits.</exception>
    public void SetRecord(StateKey key, byte[]? value)
    {
        if (value is { Length: > MaxRecordBytes })
        {
            throw new ArgumentException($"A record has at most {MaxRecordBytes} bytes, not {value.Length}.", nameof(value));
        }

        Put(key, key.Path, value);
    }

    /// <inheritdoc/>
    public void SetNonce(Address address, ulong nonce) => Put(address, GetAccount(address) with { Nonce = nonce });

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
        SetSupply(_supply with { Minted = _supply.Minted + amount });
        Give(to, amount);
    }

    /// <inheritdoc/>
    public bool TryBurn(Address from, Amount amount)
    {
        if (!TryTake(from, amount))
        {
            return false;
        }

        SetSupply(_supply with { Burned = _supply.Burned + amount });
        return true;
    }

    /// <summary>
    /// Starts a group of changes that can be taken back with <see cref="EndAttempt"/>. There is one at a time. Costs no memory of its own.
    /// </summary>
    /// <exception cref="InvalidOperationException">An attempt is under way.</exception>
    public void BeginAttempt()
    {
        if (_attempting)
        {
            throw new InvalidOperationException("An attempt is under way.");
        }

        _attempting = true;
    }

    /// <summary>Keeps what was changed since <see cref="BeginAttempt"/>, or takes it back.</summary>
    /// <exception cref="InvalidOperationException">No attempt is under way.</exception>
    public void EndAttempt(bool keep)
    {
        if (!_attempting)
        {
            throw new InvalidOperationException("No attempt is under way.");
        }

        _attempting = false;
        for (int i = _undo.Count - 1; i >= 0 && !keep; i--)
        {
            Restore(_undo[i]);
        }

        _undo.Clear();
    }

    /// <summary>Writes all changes into the parent, which must be an overlay.</summary>
    /// <exception cref="InvalidOperationException">The parent is not an overlay.</exception>
    public void MergeIntoParent()
    {
        StateOverlay parent = _parent as StateOverlay ?? throw new InvalidOperationException("The parent of this overlay cannot be written.");
        for (int i = 0; i < _accountCount; i++)
        {
            if (_accounts[i].IsChanged)
            {
                parent.Put(_accounts[i].Address, _accounts[i].Account);
            }
        }

        for (int i = 0; i < _recordCount; i++)
        {
            if (_records[i].IsChanged)
            {
                parent.Put(_records[i].Key, _records[i].Path, _records[i].Value);
            }
        }

        if (_supplyChanged)
        {
            parent.SetSupply(_supply);
        }
    }

    /// <summary>Adds all changes. Their order means nothing: the set sorts them by path.</summary>
    internal void CopyChanges(ChangeSet changes)
    {
        Span<byte> encoded = stackalloc byte[AccountCodec.MaxBytes];
        for (int i = 0; i < _accountCount; i++)
        {
            ref AccountEntry entry = ref _accounts[i];
            if (entry.IsChanged && entry.Account.IsEmpty)
            {
                changes.Remove(PathOf(ref entry));
            }
            else if (entry.IsChanged)
            {
                changes.Set(PathOf(ref entry), encoded[..AccountCodec.Encode(entry.Account, encoded)]);
            }
        }

        for (int i = 0; i < _recordCount; i++)
        {
            ref RecordEntry entry = ref _records[i];
            if (entry.IsChanged && entry.Value is null)
            {
                changes.Remove(entry.Path);
            }
            else if (entry.IsChanged)
            {
                changes.Set(entry.Path, entry.Value);
            }
        }

        if (_supplyChanged)
        {
            changes.Set(SupplyRecord.Path, _supply.Encode());
        }
    }

    private static Hash256 PathOf(ref AccountEntry entry)
    {
        if (entry.Path.IsZero)
        {
            entry.Path = AccountCodec.PathOf(entry.Address);
        }

        return entry.Path;
    }

    private bool TryTake(Address from, Amount amount)
    {
        Account account = GetAccount(from);
        if (!account.Balance.TrySubtract(amount, out Amount rest))
        {
            return false;
        }

        Put(from, account with { Balance = rest });
        return true;
    }

    private void Give(Address to, Amount amount)
    {
        Account account = GetAccount(to);
        Put(to, account with { Balance = account.Balance + amount });
    }

    private void SetSupply(SupplyRecord supply)
    {
        if (_attempting)
        {
            _undo.Add(new Undo(UndoKind.Supply, 0, _supplyChanged, default, null, _supply));
        }

        (_supply, _supplyChanged) = (supply, true);
    }

    private void Put(Address address, Account account)
    {
        int place = FindAccount(address);
        if (place < 0)
        {
            // Only a read knows the old account; an attempt that is taken back must not leave another one behind.
            _ = _attempting && _committed is not null ? ReadAccount(address) : default;
            place = FindAccount(address);
            place = place >= 0 ? place : AddAccount(address);
        }

        ref AccountEntry entry = ref _accounts[place];
        if (_attempting)
        {
            _undo.Add(new Undo(UndoKind.Account, place, entry.IsChanged, entry.Account, null, default));
        }

        (entry.Account, entry.IsChanged) = (account, true);
    }

    private void Put(StateKey key, Hash256 path, byte[]? value)
    {
        int place = FindRecord(path);
        if (place < 0)
        {
            // As for accounts.
            _ = _attempting && _committed is not null ? ReadRecord(key, path) : null;
            place = FindRecord(path);
            place = place >= 0 ? place : AddRecord(key, path);
        }

        ref RecordEntry entry = ref _records[place];
        if (_attempting)
        {
            _undo.Add(new Undo(UndoKind.Record, place, entry.IsChanged, default, entry.Value, default));
        }

        (entry.Value, entry.IsChanged) = (value, true);
    }

    private void Restore(Undo undo)
    {
        switch (undo.Kind)
        {
            case UndoKind.Account:
                ref AccountEntry account = ref _accounts[undo.Place];
                (account.Account, account.IsChanged) = (undo.Account, undo.WasChanged);
                break;
            case UndoKind.Record:
                ref RecordEntry record = ref _records[undo.Place];
                (record.Value, record.IsChanged) = (undo.Value, undo.WasChanged);
                break;
            default:
                (_supply, _supplyChanged) = (undo.Supply, undo.WasChanged);
                break;
        }
    }

    private Account ReadAccount(Address address)
    {
        if (_committed is null)
        {
            return _parent.GetAccount(address);
        }

        Hash256 path = AccountCodec.PathOf(address);
        Account account = _committed.GetAccount(address, path);
        int place = AddAccount(address);
        ref AccountEntry entry = ref _accounts[place];
        (entry.Account, entry.Path) = (account, path);
        return account;
    }

    private byte[]? ReadRecord(StateKey key, Hash256 path)
    {
        if (_committed is null)
        {
            return _parent.GetRecord(key);
        }

        byte[]? value = _committed.GetRecord(path);
        int place = AddRecord(key, path);
        _records[place].Value = value;
        return value;
    }

    private int FindAccount(Address address) => _accountPlaces is not null && _accountPlaces.TryGetValue(address, out int place) ? place : -1;

    private int FindRecord(Hash256 path) => _recordPlaces is not null && _recordPlaces.TryGetValue(path, out int place) ? place : -1;

    private int AddAccount(Address address)
    {
        if (_accountCount == _accounts.Length)
        {
            Array.Resize(ref _accounts, Math.Max(4, _accountCount * 2));
        }

        _accounts[_accountCount] = new AccountEntry { Address = address };
        (_accountPlaces ??= []).Add(address, _accountCount);
        return _accountCount++;
    }

    private int AddRecord(StateKey key, Hash256 path)
    {
        if (_recordCount == _records.Length)
        {
            Array.Resize(ref _records, Math.Max(4, _recordCount * 2));
        }

        _records[_recordCount] = new RecordEntry { Key = key, Path = path };
        (_recordPlaces ??= []).Add(path, _recordCount);
        return _recordCount++;
    }

    private enum UndoKind : byte
    {
        Account,
        Record,
        Supply,
    }

    private struct AccountEntry
    {
        internal Address Address;
        internal Account Account;
        internal Hash256 Path;
        internal bool IsChanged;
    }

    private struct RecordEntry
    {
        internal StateKey Key;
        internal Hash256 Path;
        internal byte[]? Value;
        internal bool IsChanged;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Undo(UndoKind Kind, int Place, bool WasChanged, Account Account, byte[]? Value, SupplyRecord Supply);
}
