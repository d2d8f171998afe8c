using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
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
            manifest with { DeadlineBlocks = 9 }, manifest with { Client = Address.Zero },
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

    [Test]
    public void Too_large_input_is_refused_before_it_is_read()
    {
        Assert.That(JobManifest.TryDecode(new byte[JobManifest.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(UnitRecord.TryDecode(new byte[UnitRecord.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void Mutated_bytes_are_refused_or_read_back_to_themselves()
    {
        byte[][] seeds = [LedgerHarness.Manifest().Encode(), Record.Encode(), new SubmitJobPayload(LedgerHarness.Manifest(), Amount.FromCoins(1)).Encode()];
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
