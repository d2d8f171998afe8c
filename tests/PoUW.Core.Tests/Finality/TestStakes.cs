using System.Buffers.Binary;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Finality;

/// <summary>
/// A small real stake ledger: stakes exist from genesis, their coins lie on the module's account, an Unstake transaction gives the
/// sender's back at once, and slashing pays the reporter four tenths and burns the rest.
/// </summary>
internal sealed class TestStakes(IReadOnlyList<(Address Address, Amount Amount)> stakes) : ILedgerModule, IVotingPower, IStakeSlasher
{
    private static readonly Address Vault = Address.ForModule("stakes", []);

    private static readonly StateKey Total = StateKey.Create("stakes", "total", []);

    public string Name => "stakes";

    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.Unstake];

    public void Genesis(IStateWriter state)
    {
        foreach ((Address address, Amount amount) in stakes)
        {
            state.Mint(Vault, amount);
            Change(state, address, amount.BaseUnits, TotalPower(state) + amount.BaseUnits);
        }
    }

    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => payload.IsEmpty
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.Malformed, "Payload", "Nothing is wanted.");

    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        Amount taken = Take(state, transaction.Sender);
        return state.TryTransfer(Vault, transaction.Sender, taken)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.InsufficientBalance, "Sender", "The coins are not there.");
    }

    public void EndBlock(BlockContext block, IStateWriter state)
    {
    }

    public UInt128 PowerOf(IStateReader state, Address validator) => Read(state, Key(validator));

    public UInt128 TotalPower(IStateReader state) => Read(state, Total);

    public Amount SlashEquivocation(IStateWriter state, BlockContext block, Address offender, Address reporter)
    {
        Amount taken = Take(state, offender);
        Amount reward = new(taken.BaseUnits * 4 / 10);
        state.TryTransfer(Vault, reporter, reward);
        state.TryBurn(Vault, taken - reward);
        return taken;
    }

    private Amount Take(IStateWriter state, Address address)
    {
        UInt128 power = PowerOf(state, address);
        Change(state, address, 0, TotalPower(state) - power);
        return new Amount(power);
    }

    private static void Change(IStateWriter state, Address address, UInt128 power, UInt128 total)
    {
        state.SetRecord(Key(address), Bytes(power));
        state.SetRecord(Total, Bytes(total));
    }

    private static StateKey Key(Address address) => StateKey.Create("stakes", "of", address.ToArray());

    private static UInt128 Read(IStateReader state, StateKey key)
    {
        return state.GetRecord(key) is { } stored ? BinaryPrimitives.ReadUInt128BigEndian(stored) : 0;
    }

    private static byte[] Bytes(UInt128 value)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return bytes;
    }
}
