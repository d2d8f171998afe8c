using PoUW.Core.Codec;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

/// <summary>Accounts enrol for classes of lane T with their stake.</summary>
[TestFixture]
public sealed class EnrolmentTests
{
    private static readonly Address Account = LedgerHarness.Client;
    private static readonly Hash256[] Classes = [.. Enumerable.Range(0, 9).Select(i => Hash256.Sha256([(byte)i])).Order()];

    private LedgerHarness _ledger = null!;

    [SetUp]
    public void StartLedger() => _ledger = new LedgerHarness();

    [Test]
    public void Encodings_without_classes_are_what_they_were()
    {
        Assert.That(
            Convert.ToHexStringLower(new StakePayload(StakeRoles.Worker | StakeRoles.Validator, Amount.FromCoins(5)).Encode()),
            Is.EqualTo("ca03884563918244f40000"));
        Assert.That(
            Convert.ToHexStringLower(new StakePayload(StakeRoles.Worker, Amount.FromBaseUnits(5), [Hash256.Sha256("x"u8)]).Encode()),
            Is.EqualTo("e40105e1a02d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"));

        Amount stake = Amount.FromCoins(30);
        Stake(stake);
        Assert.That(StoredStake(), Is.EqualTo(EncodingBefore(stake)));
        Stake(Amount.Zero, Classes[0]);
        Assert.That(StoredStake(), Has.Length.EqualTo(EncodingBefore(stake).Length + 34), "a list of one hash");
        Stake(Amount.Zero, []);
        Assert.That(StoredStake(), Is.EqualTo(EncodingBefore(stake)));
    }

    [Test]
    public void A_genesis_stake_has_no_classes() =>
        Assert.That(new LedgerHarness(workers: 1).Stake(LedgerHarness.Worker(0)).ToleranceClasses, Is.Empty);

    [Test]
    public void Null_leaves_the_classes_a_list_replaces_them_and_an_empty_one_gives_them_up()
    {
        Assert.That(Stake(Amount.FromCoins(30), Classes[0], Classes[2]), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Enrolled(), Is.EqualTo(new[] { Classes[0], Classes[2] }));
        Assert.That(Stake(Amount.FromCoins(1)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Enrolled(), Is.EqualTo(new[] { Classes[0], Classes[2] }));
        Assert.That(Stake(Amount.Zero, Classes[..8]), Is.EqualTo(ValidationCode.Ok));
        _ledger.Restart();
        Assert.That(Enrolled(), Is.EqualTo(Classes[..8]), "read back from the store");
        Assert.That(Stake(Amount.Zero, []), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Enrolled(), Is.Empty);
        Assert.That(_ledger.Stake(Account).Bonded, Is.EqualTo(Amount.FromCoins(31)));
    }

    public static IEnumerable<TestCaseData> WrongLists()
    {
        yield return Case("nine", Classes, ValidationCode.TooLarge);
        yield return Case("descending", [Classes[1], Classes[0]], ValidationCode.OutOfRange);
        yield return Case("repeated", [Classes[1], Classes[1]], ValidationCode.OutOfRange);
        yield return Case("zero", [Hash256.Zero], ValidationCode.OutOfRange);
        yield return Case("zero before another", [Hash256.Zero, Classes[0]], ValidationCode.OutOfRange);

        static TestCaseData Case(string name, Hash256[] list, ValidationCode code) => new TestCaseData(list, code).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(WrongLists))]
    public void A_wrong_list_is_refused_and_changes_nothing(Hash256[] list, ValidationCode code)
    {
        byte[] payload = new StakePayload(StakeRoles.Worker, Amount.FromCoins(30), list).Encode();
        ValidationResult result = _ledger.Execute(Account, TransactionKind.Stake, payload);
        Assert.That((result.Code, result.Field), Is.EqualTo((code, nameof(StakePayload.ToleranceClasses))), result.ToString());
        Assert.That(_ledger.Stakes.CheckPayload(TransactionKind.Stake, payload).Code, Is.EqualTo(code), "known without a state");
        Assert.That(_ledger.Stake(Account), Is.EqualTo(StakeAccount.None));
    }

    [Test]
    public void Unstaking_everything_gives_the_classes_up()
    {
        Stake(Amount.FromCoins(30), Classes[0]);
        Assert.That(Unstake(Amount.FromCoins(5)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Enrolled(), Is.EqualTo(Classes[..1]));
        _ledger.EndBlock(_ledger.Parameters.UnbondingBlocks);
        _ledger.Execute(Account, TransactionKind.Withdraw, []);
        Assert.That(Unstake(Amount.FromCoins(25)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Enrolled(), Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Who_comes_back_after_a_ban_has_the_classes_of_its_payload(bool enrols)
    {
        Stake(Amount.FromCoins(300), Classes[0]);
        BlockContext block = new(_ledger.Height, 0, Hash256.Zero, Hash256.Zero, Account, Hash256.Zero, 0, null, _ledger.Parameters);
        _ledger.Stakes.SlashEquivocation(_ledger.Writer, block, Account, LedgerHarness.Worker(0));
        Assert.That(Stake(Amount.Zero, Classes[1]), Is.EqualTo(ValidationCode.Banned));
        _ledger.EndBlock(_ledger.Parameters.BanBlocks);
        Assert.That(enrols ? Stake(Amount.FromCoins(30), Classes[1]) : Stake(Amount.FromCoins(30)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Enrolled(), Is.EqualTo(enrols ? new[] { Classes[1] } : []));
    }

    [Test]
    public void Nobody_enrols_before_the_upgrade()
    {
        UpgradeActivation[] never = [new(NetworkUpgrade.TileWork1, 0), new(NetworkUpgrade.BoundTickets, 0)];
        UpgradeActivation[] later = [.. never, new(NetworkUpgrade.ToleranceJobs, 3)];
        foreach (UpgradeActivation[] upgrades in new[] { never, later })
        {
            _ledger = new LedgerHarness(change: parameters => parameters with { Upgrades = upgrades });
            foreach (Hash256[] list in new[] { Classes[..1], [] })
            {
                ValidationResult result = _ledger.Execute(
                    Account, TransactionKind.Stake, new StakePayload(StakeRoles.Worker, Amount.FromCoins(30), list).Encode());
                Assert.That((result.Code, result.Field), Is.EqualTo((ValidationCode.UpgradeInactive, nameof(StakePayload.ToleranceClasses))));
            }

            Assert.That(Stake(Amount.FromCoins(30)), Is.EqualTo(ValidationCode.Ok), "a stake without classes is as ever");
            _ledger.EndBlock(2);
            Assert.That(_ledger.Height, Is.EqualTo(3));
            Assert.That(Stake(Amount.Zero, Classes[0]), Is.EqualTo(upgrades == later ? ValidationCode.Ok : ValidationCode.UpgradeInactive));
        }
    }

    [Test]
    public void Payloads_round_trip_and_mutations_are_refused_or_read_back_to_themselves()
    {
        Hash256[]?[] lists = [null, [], Classes[..1], Classes[..8]];
        foreach (Hash256[]? list in lists)
        {
            StakePayload payload = new(StakeRoles.Validator, Amount.FromCoins(3), list);
            Assert.That(StakePayload.TryDecode(payload.Encode(), out StakePayload? read).IsValid, Is.True);
            Assert.That(read, Is.EqualTo(payload));
            Assert.That(read!.ToleranceClasses is null, Is.EqualTo(list is null));
        }

        Assert.That(lists.Select(list => new StakePayload(StakeRoles.Worker, Amount.Zero, list)), Is.Unique);
        Random random = new(11);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutant = new StakePayload(StakeRoles.Worker, Amount.FromCoins(3), lists[i % 4]).Encode();
            mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            byte[] bytes = random.Next(4) == 0 ? mutant[..random.Next(mutant.Length)] : mutant;
            if (StakePayload.TryDecode(bytes, out StakePayload? read).IsValid)
            {
                accepted++;
                Assert.That(read!.Encode(), Is.EqualTo(bytes));
            }
        }

        Assert.That(accepted, Is.GreaterThan(1_000));
    }

    private static byte[] EncodingBefore(Amount bonded) => new RlpWriter().BeginList()
        .Write(1UL).Write(bonded).Write(0UL).Write(0UL).Write(0UL).Write(5_000UL).EndList().Finish();

    private byte[] StoredStake() => _ledger.State.GetRecord(StateKey.Create("stake", "id", Account.ToArray()))!;

    private IReadOnlyList<Hash256> Enrolled() => _ledger.Stake(Account).ToleranceClasses;

    private ValidationCode Stake(Amount amount) =>
        _ledger.Execute(Account, TransactionKind.Stake, new StakePayload(StakeRoles.Worker, amount).Encode()).Code;

    private ValidationCode Stake(Amount amount, params Hash256[] classes) =>
        _ledger.Execute(Account, TransactionKind.Stake, new StakePayload(StakeRoles.Worker, amount, classes).Encode()).Code;

    private ValidationCode Unstake(Amount amount) => _ledger.Execute(Account, TransactionKind.Unstake, new UnstakePayload(amount).Encode()).Code;
}
