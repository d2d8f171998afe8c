using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

[TestFixture]
public sealed class StakeTests
{
    private static readonly Address Account = LedgerHarness.Client;

    private LedgerHarness _ledger = null!;

    [SetUp]
    public void StartLedger() => _ledger = new LedgerHarness();

    [Test]
    public void Stake_is_bonded_unbonded_and_withdrawn_without_loss()
    {
        Amount before = _ledger.Balance(Account);
        Assert.That(Stake(StakeRoles.Worker, Amount.FromCoins(30)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Stake(StakeRoles.Validator, Amount.FromCoins(70)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(_ledger.Stake(Account).Roles, Is.EqualTo(StakeRoles.Worker | StakeRoles.Validator));
        Assert.That(_ledger.Stakes.PowerOf(_ledger.State, Account), Is.EqualTo(Amount.FromCoins(100).BaseUnits));
        Assert.That(Unstake(Amount.FromCoins(100)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(_ledger.Stakes.TotalPower(_ledger.State), Is.EqualTo((UInt128)0));
        Assert.That(Withdraw(), Is.EqualTo(ValidationCode.StillBonded));
        _ledger.EndBlock(_ledger.Parameters.UnbondingBlocks);
        Assert.That(Withdraw(), Is.EqualTo(ValidationCode.Ok));
        Assert.That(_ledger.Balance(Account), Is.EqualTo(before));
        _ledger.AssertConservation();
    }

    [Test]
    public void Stakes_below_the_minimum_and_other_mistakes_are_refused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Stake(StakeRoles.Worker, Amount.FromCoins(19)), Is.EqualTo(ValidationCode.StakeTooSmall));
            Assert.That(Stake(StakeRoles.Validator, Amount.FromCoins(99)), Is.EqualTo(ValidationCode.StakeTooSmall));
            Assert.That(Stake(StakeRoles.None, Amount.FromCoins(99)), Is.EqualTo(ValidationCode.OutOfRange));
            Assert.That(Stake((StakeRoles)4, Amount.FromCoins(99)), Is.EqualTo(ValidationCode.OutOfRange));
            Assert.That(Stake(StakeRoles.Worker, Amount.FromCoins(5_000)), Is.EqualTo(ValidationCode.InsufficientBalance));
            Assert.That(Stake(StakeRoles.Worker, new Amount(UInt128.MaxValue)), Is.EqualTo(ValidationCode.InsufficientBalance));
            Assert.That(Unstake(Amount.FromCoins(1)), Is.EqualTo(ValidationCode.InsufficientBalance));
            Assert.That(Unstake(Amount.Zero), Is.EqualTo(ValidationCode.OutOfRange));
            Assert.That(Withdraw(), Is.EqualTo(ValidationCode.StillBonded));
            Assert.That(_ledger.Execute(Account, TransactionKind.Withdraw, [1]).Code, Is.EqualTo(ValidationCode.Malformed));
        });
        Stake(StakeRoles.Worker, Amount.FromCoins(30));
        Assert.That(Unstake(Amount.FromCoins(11)), Is.EqualTo(ValidationCode.StakeTooSmall));
        Assert.That(Unstake(Amount.FromCoins(10)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Unstake(Amount.FromCoins(20)), Is.EqualTo(ValidationCode.StillBonded), "one withdrawal at a time");
        _ledger.AssertConservation();
    }

    [Test]
    public void Equivocation_takes_all_even_what_is_unbonding_and_bans()
    {
        Stake(StakeRoles.Validator, Amount.FromCoins(300));
        Unstake(Amount.FromCoins(100));
        Address reporter = LedgerHarness.Worker(0);
        Amount taken = _ledger.Stakes.SlashEquivocation(_ledger.Writer, Block(), Account, reporter);
        Assert.Multiple(() =>
        {
            Assert.That(taken, Is.EqualTo(Amount.FromCoins(300)));
            Assert.That(_ledger.Balance(reporter), Is.EqualTo(Amount.FromCoins(120)), "four tenths to the reporter");
            Assert.That(_ledger.State.Burned, Is.EqualTo(Amount.FromCoins(180)));
            Assert.That(_ledger.Stakes.PowerOf(_ledger.State, Account), Is.EqualTo((UInt128)0));
            Assert.That(Stake(StakeRoles.Worker, Amount.FromCoins(30)), Is.EqualTo(ValidationCode.Banned));
            Assert.That(_ledger.Stakes.SlashEquivocation(_ledger.Writer, Block(), Account, reporter), Is.EqualTo(Amount.Zero));
        });
        _ledger.EndBlock(_ledger.Parameters.BanBlocks);
        Assert.That(Stake(StakeRoles.Worker, Amount.FromCoins(30)), Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public void Payloads_round_trip_and_mutations_never_throw()
    {
        byte[] stake = new StakePayload(StakeRoles.Worker, Amount.FromCoins(3)).Encode();
        byte[] unstake = new UnstakePayload(Amount.FromCoins(3)).Encode();
        Random random = new(5);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] mutant = (byte[])(i % 2 == 0 ? stake : unstake).Clone();
            mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            if (StakePayload.TryDecode(mutant, out StakePayload? first).IsValid)
            {
                Assert.That(first!.Encode(), Is.EqualTo(mutant));
            }

            if (UnstakePayload.TryDecode(mutant, out UnstakePayload? second).IsValid)
            {
                Assert.That(second!.Encode(), Is.EqualTo(mutant));
            }
        }
    }

    private BlockContext Block() => new(_ledger.Height, 0, Hash256.Zero, Hash256.Zero, Account, Hash256.Zero, 0, null, _ledger.Parameters);

    private ValidationCode Stake(StakeRoles roles, Amount amount) =>
        _ledger.Execute(Account, TransactionKind.Stake, new StakePayload(roles, amount).Encode()).Code;

    private ValidationCode Unstake(Amount amount) => _ledger.Execute(Account, TransactionKind.Unstake, new UnstakePayload(amount).Encode()).Code;

    private ValidationCode Withdraw() => _ledger.Execute(Account, TransactionKind.Withdraw, []).Code;
}
