using PoUW.Core.Accounts;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>
/// The world state after one commit. It never changes, so it is thread-safe and can be kept while the chain moves on; once the state was
/// pruned, everything throws <see cref="StateTreeException"/>. Records are read into arrays of their own.
/// </summary>
public sealed class StateSnapshot : IStateReader
{
    private const int AccountRoom = 64;

    private readonly WorldState _world;
    private readonly StateVersion? _name;
    private volatile Tree.Version? _version;

    internal StateSnapshot(WorldState world, StateVersion name) => (_world, _name, Root) = (world, name, name.Root);

    internal StateSnapshot(WorldState world, Hash256 root) => (_world, Root) = (world, root);

    /// <summary>The state root.</summary>
    public Hash256 Root { get; }

    /// <summary>The commit.</summary>
    /// <exception cref="StateTreeException">The state is unknown or was pruned.</exception>
    public StateVersion Version => new(Found.Number, Found.Root);

    /// <inheritdoc/>
    public Amount Minted => Supply.Minted;

    /// <inheritdoc/>
    public Amount Burned => Supply.Burned;

    internal WorldState World => _world;

    // Found when it is first needed, so that naming a state costs nothing.
    internal Tree.Version Found => _version ??= _name is { } name ? _world.Versions.Find(name) : _world.Versions.Find(Root);

    internal SupplyRecord Supply => SupplyRecord.Decode(_world.Values.Read(Found, SupplyRecord.Path));

    /// <inheritdoc/>
    /// <exception cref="StateTreeException">The state is unknown, pruned or damaged.</exception>
    public Account GetAccount(Address address) => GetAccount(address, AccountCodec.PathOf(address));

    /// <inheritdoc/>
    /// <exception cref="StateTreeException">The state is unknown, pruned or damaged.</exception>
    public byte[]? GetRecord(StateKey key) => GetRecord(key.Path);

    /// <summary>Proves what the state says about an account.</summary>
    /// <exception cref="StateTreeException">The state is unknown, pruned or damaged.</exception>
    public StateProof ProveAccount(Address address) => _world.Prove(Found, AccountCodec.PathOf(address));

    /// <summary>Proves what the state says about a record.</summary>
    /// <exception cref="StateTreeException">The state is unknown, pruned or damaged.</exception>
    public StateProof ProveRecord(StateKey key) => _world.Prove(Found, key.Path);

    /// <summary>
    /// What differs in another state, in the order of the paths; read while it is enumerated. The cost grows with the difference.
    /// </summary>
    /// <exception cref="ArgumentException">The other state is of another store.</exception>
    /// <exception cref="StateTreeException">A state is unknown, pruned or damaged; also while enumerating.</exception>
    public IEnumerable<StateDifference> Diff(StateSnapshot other)
    {
        return ReferenceEquals(other._world, _world)
            ? new Tree.StateDiffer(_world, Found, other.Found).Run()
            : throw new ArgumentException("The states are of two stores.", nameof(other));
    }

    internal Account GetAccount(Address address, Hash256 path)
    {
        Span<byte> room = stackalloc byte[AccountRoom];
        int length = _world.Values.Read(Found, path, room, out byte[]? tooLong);
        if (length < 0)
        {
            return default;
        }

        return tooLong is null && AccountCodec.TryDecode(room[..length], out Account account)
            ? account
            : throw new StateTreeException($"The account {address} is damaged.");
    }

    internal byte[]? GetRecord(Hash256 path) => _world.Values.Read(Found, path);
}
