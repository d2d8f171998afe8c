using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Network.Identity;

/// <summary>
/// Which peer acts for which account, as far as this node was told: the binding with the highest sequence of each account, until it expires. It
/// knows nothing of stakes: callers tell it only bindings of accounts that count, since each takes a place. It is memory only: after a restart an
/// older binding that has not expired counts until the newer one is seen again; so an account signs a later binding to end no earlier than the
/// one that it replaces. Thread-safe.
/// </summary>
public sealed class StakeBindingRegister
{
    private readonly Hash256 _network;
    private readonly ISignatureScheme _scheme;
    private readonly TimeProvider _time;
    private readonly StakeBindingOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<Address, Entry> _byAccount = [];
    private readonly Dictionary<PeerId, Address> _byPeer = [];

    /// <summary>An empty register.</summary>
    /// <param name="network">This network's genesis block.</param>
    /// <param name="scheme">Verifies the accounts' signatures.</param>
    /// <param name="time">The clock for expiry.</param>
    /// <param name="options">Null for the defaults.</param>
    public StakeBindingRegister(Hash256 network, ISignatureScheme scheme, TimeProvider time, StakeBindingOptions? options = null)
    {
        (_network, _scheme, _time, _options) = (network, scheme, time, options ?? new StakeBindingOptions());
    }

    /// <summary>Verifies a binding and takes it if it is newer than what is known of its account.</summary>
    /// <param name="binding">The binding.</param>
    /// <param name="sender">The peer that gave it, proven by its connection.</param>
    /// <param name="mayTake">Decides about the account, such as by its stake; null to take all.</param>
    /// <returns>
    /// Ok, also for one that is known; what <see cref="StakeBinding.Verify"/> finds; <see cref="ValidationCode.StakeTooSmall"/> if the account does
    /// not count; <see cref="ValidationCode.NonceTooLow"/> for one that was replaced; <see cref="ValidationCode.PoolFull"/>.
    /// </returns>
    public ValidationResult TryAdd(StakeBinding binding, PeerId sender, Func<Address, bool>? mayTake = null)
    {
        ValidationResult result = binding.Verify(_network, sender, _time.GetUtcNow(), _scheme, _options, out Address account);
        if (!result.IsValid)
        {
            return result;
        }

        if (mayTake?.Invoke(account) == false)
        {
            return ValidationResult.Fail(ValidationCode.StakeTooSmall, nameof(account), $"The account {account} does not count here.");
        }

        lock (_gate)
        {
            return Add(new Entry(account, sender, binding.Statement.Sequence, binding.Statement.ExpiresAt));
        }
    }

    /// <summary>The account that a peer acts for; null if none is known, or its binding is over or replaced.</summary>
    public Address? AccountOf(PeerId peer)
    {
        lock (_gate)
        {
            return _byPeer.TryGetValue(peer, out Address account) && _byAccount[account].ExpiresAt > Now() ? account : null;
        }
    }

    /// <summary>The peer that acts for an account; null if none is known, or its binding is over.</summary>
    public PeerId? PeerOf(Address account)
    {
        lock (_gate)
        {
            return _byAccount.TryGetValue(account, out Entry? entry) && entry.ExpiresAt > Now() ? entry.Peer : null;
        }
    }

    private ulong Now() => (ulong)Math.Max(0, _time.GetUtcNow().ToUnixTimeSeconds());

    private ValidationResult Add(Entry entry)
    {
        _byAccount.TryGetValue(entry.Account, out Entry? known);
        if (known is not null && (known.Sequence > entry.Sequence || (known.Sequence == entry.Sequence && known.Peer != entry.Peer)))
        {
            return ValidationResult.Fail(
                ValidationCode.NonceTooLow, nameof(entry.Sequence), $"Sequence {entry.Sequence}; {known.Sequence} is known and names {known.Peer}.");
        }

        if (_byPeer.TryGetValue(entry.Peer, out Address other) && other != entry.Account && _byAccount[other].ExpiresAt > Now())
        {
            // One vouches for the peer already; taking the second would let two stakes count as one peer by turns.
            return ValidationResult.Fail(ValidationCode.AlreadyRegistered, nameof(entry.Peer), $"The peer acts for {other}.");
        }

        if (known is null && _byAccount.Count >= _options.MaxBindings && !DropExpired())
        {
            return ValidationResult.Fail(ValidationCode.PoolFull, nameof(entry.Account), $"{_options.MaxBindings} bindings are kept.");
        }

        Remove(known);
        Remove(_byPeer.TryGetValue(entry.Peer, out Address expired) ? _byAccount[expired] : null);
        _byAccount[entry.Account] = entry;
        _byPeer[entry.Peer] = entry.Account;
        return ValidationResult.Ok;
    }

    private bool DropExpired()
    {
        ulong now = Now();
        Entry[] expired = [.. _byAccount.Values.Where(entry => entry.ExpiresAt <= now)];
        foreach (Entry entry in expired)
        {
            Remove(entry);
        }

        return expired.Length > 0;
    }

    private void Remove(Entry? entry)
    {
        if (entry is not null)
        {
            _byAccount.Remove(entry.Account);
            _byPeer.Remove(entry.Peer);
        }
    }

    private sealed record Entry(Address Account, PeerId Peer, ulong Sequence, ulong ExpiresAt);
}
