using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;

namespace PoUW.Training.Tests.Economics;

[TestFixture]
public sealed class JobCodecTests
{
    private static readonly UnitRecord Record = new(
        Hash256.Sha256("a"u8), 5, 1, Hash256.Sha256("b"u8), Hash256.Sha256("c"u8), Hash256.Sha256("d"u8), Hash256.Sha256("e"u8), 99, 7, 512);

    [Test]
    public void A_manifest_round_trips_and_every_field_changes_its_id()
    {
        JobManifest manifest = LedgerHarness.Manifest();
        Assert.That(JobManifest.TryDecode(manifest.Encode(), out JobManifest? decoded).IsValid, Is.True);
        Assert.That(decoded, Is.EqualTo(manifest));
        JobManifest[] variants =
        [
            manifest, manifest with { Name = "other" }, manifest with { Seed = 8 }, manifest with { ProgramHash = Hash256.Zero },
            manifest with { DatasetRoot = Hash256.Zero }, manifest with { DatasetBlob = Hash256.Zero }, manifest with { TotalSteps = 17 },
            manifest with { StepsPerUnit = 5 }, manifest with { UnitsPerRound = 3 }, manifest with { UnitPrice = Amount.FromBaseUnits(2) },
            manifest with { DeadlineBlocks = 9 }, manifest with { Client = Address.Zero }, manifest with { Work = LedgerHarness.Plan },
            manifest with { Work = LedgerHarness.Plan with { MacsPerSecond = 1 } },
            manifest with { Work = LedgerHarness.Plan with { Operations = [.. LedgerHarness.Plan.Operations.Reverse()] } },
            manifest with { Work = LedgerHarness.Plan with { Operations = [LedgerHarness.Plan.Operations[0] with { TransposeA = true }] } },
        ];
        Assert.That(variants.Select(variant => variant.JobId).Distinct().Count(), Is.EqualTo(variants.Length));
    }

    [Test]
    public void A_unit_record_and_the_payloads_round_trip()
    {
        SubmitJobPayload submission = new(LedgerHarness.Manifest(), Amount.FromCoins(3));
        CloseJobPayload closing = new(Hash256.Sha256("job"u8));
        Assert.Multiple(() =>
        {
            Assert.That(UnitRecord.TryDecode(Record.Encode(), out UnitRecord? record).IsValid, Is.True);
            Assert.That(record, Is.EqualTo(Record));
            Assert.That(SubmitJobPayload.TryDecode(submission.Encode(), out SubmitJobPayload? readSubmission).IsValid, Is.True);
            Assert.That(readSubmission, Is.EqualTo(submission));
            Assert.That(CloseJobPayload.TryDecode(closing.Encode(), out CloseJobPayload? readClosing).IsValid, Is.True);
            Assert.That(readClosing, Is.EqualTo(closing));
        });
    }

    public static IEnumerable<TestCaseData> WrongPlans()
    {
        WorkPlan good = LedgerHarness.Plan;
        TileWorkShape shape = good.Operations[0];
        yield return Case("too many operations", good with { Operations = [.. Enumerable.Repeat(shape, WorkPlan.MaxOperations + 1)] }, "Work.Operations");
        yield return Case("rows that are not mined", good with { Operations = [shape, shape with { M = 31 }] }, "Work.Operations[1]");
        yield return Case("columns that are not mined", good with { Operations = [shape with { N = 31 }] }, "Work.Operations[0]");
        yield return Case("an inner dimension that is not mined", good with { Operations = [shape with { K = 511 }] }, "Work.Operations[0]");
        yield return Case("more than the largest product", good with { Operations = [new TileWorkShape(1 << 17, 1 << 17, 8_192, false, false)] }, "Work.Operations[0]");
        yield return Case("no speed", good with { MacsPerSecond = 0 }, "Work.MacsPerSecond");
        yield return Case("too much speed", good with { MacsPerSecond = WorkPlan.MaxMacsPerSecond + 1 }, "Work.MacsPerSecond");
        yield return Case("a speed without operations", WorkPlan.None with { MacsPerSecond = 1 }, "Work.MacsPerSecond");
        yield return Case(
            "a unit beyond 63 bits", good with { Operations = [.. Enumerable.Repeat(new TileWorkShape(1 << 16, 1 << 15, 8_192, false, false), 256)] }, "Work");

        static TestCaseData Case(string name, WorkPlan plan, string field) => new TestCaseData(plan, field).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(WrongPlans))]
    public void A_wrong_work_plan_is_refused(WorkPlan plan, string field)
    {
        JobManifest manifest = LedgerHarness.Manifest(steps: 4_096, perUnit: 4_096) with { Work = plan };
        Assert.That(manifest.Validate().Field, Is.EqualTo(field));
        Assert.That(manifest.Validate().Code, Is.EqualTo(ValidationCode.BadManifest));
        Assert.That(JobManifest.TryDecode(manifest.Encode(), out _).Code, Is.EqualTo(ValidationCode.BadManifest));
    }

    [Test]
    public void The_longest_plan_fits_a_manifest_and_plans_round_trip_alone()
    {
        WorkPlan longest = new([.. Enumerable.Repeat(new TileWorkShape(131_072, 16_384, 8_192, true, true), WorkPlan.MaxOperations)], WorkPlan.MaxMacsPerSecond);
        JobManifest manifest = LedgerHarness.Manifest(steps: 100_000_000, perUnit: 1) with { Work = longest };
        Assert.That(JobManifest.TryDecode(manifest.Encode(), out JobManifest? decoded).ToString(), Is.EqualTo("Ok"));
        Assert.That(decoded, Is.EqualTo(manifest));
        Assert.That(WorkPlan.TryDecode(longest.Encode(), out WorkPlan? plan).IsValid, Is.True);
        Assert.That(plan, Is.EqualTo(longest));
        Assert.That(WorkPlan.TryDecode([.. longest.Encode(), 0], out _).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(WorkPlan.TryDecode(new byte[JobManifest.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(WorkPlan.TryDecode((longest with { MacsPerSecond = 0 }).Encode(), out _).Code, Is.EqualTo(ValidationCode.BadManifest));
    }

    [Test]
    public void Too_large_input_is_refused_before_it_is_read()
    {
        Assert.That(JobManifest.TryDecode(new byte[JobManifest.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(UnitRecord.TryDecode(new byte[UnitRecord.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void Mutated_bytes_are_refused_or_read_back_to_themselves()
    {
        byte[][] seeds = [LedgerHarness.WorkManifest().Encode(), Record.Encode(), new SubmitJobPayload(LedgerHarness.WorkManifest(), Amount.FromCoins(1)).Encode()];
        Random random = new(20_261_122);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutant = (byte[])seeds[i % seeds.Length].Clone();
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            }

            byte[] cut = mutant[..random.Next(mutant.Length + 1)];
            AssertCanonical(random.Next(2) == 0 ? cut : mutant);
        }
    }

    private static void AssertCanonical(byte[] bytes)
    {
        if (JobManifest.TryDecode(bytes, out JobManifest? manifest).IsValid)
        {
            Assert.That(manifest!.Encode(), Is.EqualTo(bytes));
        }

        if (UnitRecord.TryDecode(bytes, out UnitRecord? record).IsValid)
        {
            Assert.That(record!.Encode(), Is.EqualTo(bytes));
        }

        if (SubmitJobPayload.TryDecode(bytes, out SubmitJobPayload? submission).IsValid)
        {
            Assert.That(submission!.Encode(), Is.EqualTo(bytes));
        }
    }
}
