using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;

namespace PoUW.Training.Tests.Economics;

/// <summary>Manifests of version 2, and that those of version 1 are what they were. Hashes were computed with a codec written for it in another language.</summary>
[TestFixture]
public sealed class ToleranceManifestTests
{
    private static readonly JobManifest Exact = new()
    {
        Client = new Address([.. Enumerable.Repeat((byte)0x11, Address.Size)]),
        Name = "pinned",
        ProgramHash = Hash256.Sha256("program"u8),
        DatasetRoot = Hash256.Sha256("data"u8),
        DatasetBlob = Hash256.Sha256("blob"u8),
        Seed = 7,
        TotalSteps = 16,
        StepsPerUnit = 4,
        UnitsPerRound = 2,
        UnitPrice = Amount.FromBaseUnits(1_001),
        AuditRateBasisPoints = 2_500,
        AuditorsPerUnit = 1,
        AuditFee = Amount.FromBaseUnits(7),
        DeadlineBlocks = 1_000,
    };

    private static readonly JobManifest Tolerance = Exact with
    {
        Version = JobManifest.ToleranceVersion,
        Aggregation = AggregationRule.TrimmedMean,
        AuditRateBasisPoints = 4_000,
        AuditorsPerUnit = 3,
        ToleranceClass = Hash256.Sha256("class"u8),
    };

    [Test]
    public void The_encodings_of_both_versions_are_pinned()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Exact.Encode(), Has.Length.EqualTo(148));
            Assert.That(Exact.JobId.ToString(), Is.EqualTo("5a42581b5040e90e2c127ee20bf1f8368aa2ac38404296b3c1510feb42e1f392"));
            Assert.That(Tolerance.Encode(), Has.Length.EqualTo(181));
            Assert.That(Tolerance.JobId.ToString(), Is.EqualTo("cf618d3c32835cd5bb5e0bf5482098ef4fb97d383008350324dccebf111f0f35"));
            Assert.That(
                AuditReveal.OutOfBounds(Hash256.Sha256("x"u8)).ToString(), Is.EqualTo("52b729e540b6ebd1a618836bb03fdff0702bdbeb28ad6c9e7af704bfa6eef5d4"));
        });
    }

    [Test]
    public void A_manifest_of_version_2_round_trips_and_its_class_is_part_of_its_id()
    {
        Assert.That(JobManifest.TryDecode(Tolerance.Encode(), out JobManifest? read).ToString(), Is.EqualTo("Ok"));
        Assert.That(read, Is.EqualTo(Tolerance));
        Assert.That((read!.IsTolerance, Exact.IsTolerance), Is.EqualTo((true, false)));
        Assert.That((Tolerance with { ToleranceClass = Hash256.Sha256("other"u8) }).JobId, Is.Not.EqualTo(Tolerance.JobId));
        SubmitJobPayload submission = new(Tolerance, Tolerance.TotalPrice);
        Assert.That(SubmitJobPayload.TryDecode(submission.Encode(), out SubmitJobPayload? payload).IsValid, Is.True);
        Assert.That(payload, Is.EqualTo(submission));
    }

    /// <summary>The escrow is that of exact lanes: what a unit does not earn is refunded.</summary>
    [Test]
    public void The_escrow_is_the_whole_price() =>
        Assert.That((Tolerance with { AuditorsPerUnit = 1 }).TotalPrice, Is.EqualTo(Exact.TotalPrice));

    public static IEnumerable<TestCaseData> Wrong()
    {
        yield return Case("version 0", Exact with { Version = 0 }, nameof(JobManifest.Version));
        yield return Case("version 3", Tolerance with { Version = 3 }, nameof(JobManifest.Version));
        yield return Case("no class", Tolerance with { ToleranceClass = Hash256.Zero }, nameof(JobManifest.ToleranceClass));
        yield return Case("a class in an exact lane", Exact with { ToleranceClass = Tolerance.ToleranceClass }, nameof(JobManifest.ToleranceClass));
        yield return Case("an integer mean of floats", Tolerance with { Aggregation = AggregationRule.IntegerMean }, nameof(JobManifest.Aggregation));
        yield return Case("a float mean of integers", Exact with { Aggregation = AggregationRule.TrimmedMean }, nameof(JobManifest.Aggregation));
        yield return Case("no rule", Tolerance with { Aggregation = 0 }, nameof(JobManifest.Aggregation));
        yield return Case("an unknown rule", Tolerance with { Aggregation = (AggregationRule)3 }, nameof(JobManifest.Aggregation));
        yield return Case("audits below 40 %", Tolerance with { AuditRateBasisPoints = 3_999 }, nameof(JobManifest.AuditRateBasisPoints));
        yield return Case("audits above all", Tolerance with { AuditRateBasisPoints = 10_001 }, nameof(JobManifest.AuditRateBasisPoints));
        yield return Case("one auditor", Tolerance with { AuditorsPerUnit = 1 }, nameof(JobManifest.AuditorsPerUnit));
        yield return Case("four auditors", Tolerance with { AuditorsPerUnit = 4 }, nameof(JobManifest.AuditorsPerUnit));
        yield return Case("17 auditors", Tolerance with { AuditorsPerUnit = 17 }, nameof(JobManifest.AuditorsPerUnit));
        yield return Case("a work plan", Tolerance with { Work = LedgerHarness.Plan }, nameof(JobManifest.Work));

        static TestCaseData Case(string name, JobManifest manifest, string field) => new TestCaseData(manifest, field).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Wrong))]
    public void A_wrong_field_is_named(JobManifest manifest, string field)
    {
        ValidationResult result = manifest.Validate();
        Assert.That((result.Code, result.Field), Is.EqualTo((ValidationCode.BadManifest, field)), result.ToString());
    }

    /// <summary>All but the class in an exact lane, which has no encoding.</summary>
    [TestCaseSource(nameof(Wrong))]
    public void A_wrong_manifest_is_not_read(JobManifest manifest, string field)
    {
        ValidationResult result = JobManifest.TryDecode(manifest.Encode(), out JobManifest? read);
        bool hasEncoding = manifest.IsTolerance || manifest.ToleranceClass.IsZero || manifest.Version != JobManifest.ExactVersion;
        Assert.That(result.IsValid, Is.EqualTo(!hasEncoding), result.ToString());
        Assert.That(read, hasEncoding ? Is.Null : Is.EqualTo(Exact));
        Assert.That(field, Is.Not.Empty);
    }

    [Test]
    public void Least_and_most_values_are_accepted()
    {
        Assert.That(Tolerance.Validate().IsValid, Is.True, "40 % and three auditors");
        Assert.That((Tolerance with { AuditRateBasisPoints = 10_000, AuditorsPerUnit = 15 }).Validate().IsValid, Is.True);
    }

    [Test]
    public void The_class_belongs_to_version_2_alone()
    {
        byte[] exact = Exact.Encode();
        byte[] tolerance = Tolerance.Encode();

        // The version is the first field, after the two bytes of the list's header.
        byte[] withClass = [.. tolerance];
        withClass[2] = 1;
        byte[] withoutClass = [.. exact];
        withoutClass[2] = 2;
        Assert.That((exact[2], tolerance[2]), Is.EqualTo(((byte)1, (byte)2)));
        Assert.That(JobManifest.TryDecode(withClass, out _).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(JobManifest.TryDecode(withoutClass, out _).Code, Is.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void Mutated_manifests_are_refused_or_read_back_to_themselves()
    {
        Random random = new(20_261_123);
        byte[] seed = Tolerance.Encode();
        int read = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] mutant = [.. seed];
            for (int flips = random.Next(1, 3); flips > 0; flips--)
            {
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            }

            byte[] bytes = random.Next(4) == 0 ? mutant[..random.Next(mutant.Length)] : mutant;
            if (JobManifest.TryDecode(bytes, out JobManifest? manifest).IsValid)
            {
                read++;
                Assert.That(manifest!.Encode(), Is.EqualTo(bytes));
                Assert.That(manifest.Validate().IsValid, Is.True);
            }
        }

        Assert.That(read, Is.GreaterThan(1_000), "most bytes are those of hashes");
    }
}
