using System.Buffers.Binary;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Staking;

/// <summary>
/// Reads stakes from any state. Every account that ever staked has a number, in the order of its first stake, so that all of them can be
/// walked in one order on every node. Pure functions; as thread-safe as the state that they are given.
/// </summary>
public static class StakeLedger
{
    internal const string Module = "stake";

    /// <summary>The account that holds all stakes. It has no key: only the stake module moves its coins.</summary>
    public static Address Vault { get; } = Address.ForModule(Module, []);

    private static StateKey CountKey => StateKey.Create(Module, "count", []);

    /// <summary>Number of accounts that ever staked.</summary>
    public static ulong Count(IStateReader state) =>
        state.GetRecord(CountKey) is { } record ? BinaryPrimitives.ReadUInt64BigEndian(record) : 0;

    /// <summary>The stake of an account; <see cref="StakeAccount.None"/> if it never staked.</summary>
    public static StakeAccount Get(IStateReader state, Address address) =>
        state.GetRecord(AddressKey(address)) is { } record ? StakeAccount.Decode(record) : StakeAccount.None;

    /// <summary>All accounts that ever staked, in the order of their numbers.</summary>
    public static IEnumerable<(Address Address, StakeAccount Stake)> All(IStateReader state)
    {
        ulong count = Count(state);
        for (ulong index = 0; index < count; index++)
        {
            Address address = At(state, index);
            yield return (address, Get(state, address));
        }
    }

    /// <summary>All accounts with a role that are not banned at a height and hold at least a stake, in the order of their numbers.</summary>
    public static IReadOnlyList<(Address Address, StakeAccount Stake)> Active(IStateReader state, StakeRoles role, ulong height, Amount minimum) =>
        [.. All(state).Where(entry => IsActive(entry.Stake, role, height, minimum))];

    /// <summary>True if a stake vouches for a role at a height.</summary>
    public static bool IsActive(StakeAccount stake, StakeRoles role, ulong height, Amount minimum) =>
        stake.Roles.HasFlag(role) && stake.BannedUntil <= height && stake.Bonded >= minimum;

    internal static void Set(IStateWriter state, Address address, StakeAccount stake)
    {
        if (state.GetRecord(AddressKey(address)) is null)
        {
            ulong index = Count(state);
            state.SetRecord(IndexKey(index), address.ToArray());
            state.SetRecord(CountKey, UInt64(index + 1));
        }

        state.SetRecord(AddressKey(address), stake.Encode());
    }

    private static Address At(IStateReader state, ulong index) =>
        new(state.GetRecord(IndexKey(index)) ?? throw new EconomicsException($"Stake {index} is missing from the state."));

    private static StateKey IndexKey(ulong index) => StateKey.Create(Module, "at", UInt64(index));

    private static StateKey AddressKey(Address address) => StateKey.Create(Module, "id", address.ToArray());

    private static byte[] UInt64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
