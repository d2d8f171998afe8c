using System.Numerics;
using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.State;
using PoUW.Vm.Tracing;

namespace PoUW.Vm.Tests.Tracing;

[TestFixture]
public sealed class StepTraceTests
{
    private static readonly int[] Counts = [1, 2, 3, 4, 5, 7, 8, 13, 31, 64, 100];

    [Test]
    public void TheRootIsPinned() => Assert.That(Trace(13).Root.ToShortString(), Is.EqualTo("eae2ac0a"));

    [Test]
    public void EveryRecordIsProved()
    {
        foreach (int count in Counts)
        {
            StepTrace trace = Trace(count);
            for (int i = 0; i < count; i++)
            {
                Assert.That(trace.Prove(i).Verify(trace.Root, count), Is.EqualTo(ValidationResult.Ok), $"{i} of {count}");
            }
        }
    }

    [Test]
    public void EveryCheckOfAProofRefuses()
    {
        StepTrace trace = Trace(13);
        TraceProof proof = trace.Prove(6);
        Assert.Multiple(() =>
        {
            Assert.That(proof.Verify(trace.Root, 6).Code, Is.EqualTo(ValidationCode.OutOfRange));
            Assert.That(proof.Verify(trace.Root, 0).Code, Is.EqualTo(ValidationCode.OutOfRange));
            Assert.That(proof.Verify(trace.Root, 7).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That(proof.Verify(Hash256.Zero, 13).Code, Is.EqualTo(ValidationCode.BadOpening));
            Assert.That((proof with { Path = [.. proof.Path.Skip(1)] }).Verify(trace.Root, 13).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That((proof with { Path = [.. proof.Path, Hash256.Zero] }).Verify(trace.Root, 13).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That((proof with { Path = [.. proof.Path.Reverse()] }).Verify(trace.Root, 13).Code, Is.EqualTo(ValidationCode.BadOpening));
            Assert.That((proof with { Record = proof.Record with { Sequence = 7 } }).Verify(trace.Root, 13).Code, Is.EqualTo(ValidationCode.BadOpening));
            Assert.That((proof with { Record = proof.Record with { Sequence = -1 } }).Verify(trace.Root, 13).Code, Is.EqualTo(ValidationCode.OutOfRange));
            Assert.That((proof with { Record = proof.Record with { GasUsed = 1 } }).Verify(trace.Root, 13).Code, Is.EqualTo(ValidationCode.BadOpening));
        });
    }

    [Test]
    public void EveryFieldOfARecordCounts()
    {
        TraceRecord record = Record(3, 0);
        TraceRecord[] others =
        [
            record with { Sequence = 4 }, record with { Pc = 1 }, record with { Opcode = Opcode.MatMul, Operation = 0 }, record with { Operation = 2 },
            record with { Arguments = [-3] }, record with { Arguments = [] }, record with { Results = [1] }, record with { Before = [] },
            record with { After = [Hash256.Zero] }, record with { GasUsed = 9 },
        ];
        Assert.That(others.Append(record).Select(r => Hash256.Sha256(r.Encode())).Distinct().Count(), Is.EqualTo(others.Length + 1));
    }

    [Test]
    public void TheFirstDifferenceIsFoundInLogarithmicallyManyComparisons()
    {
        foreach (int count in Counts)
        {
            StepTrace trace = Trace(count);
            for (int changed = 0; changed < count; changed++)
            {
                int asked = 0;
                StepTrace other = Trace(count, changed);
                int found = trace.FirstDifference(count, (level, index) =>
                {
                    asked++;
                    return other.Node(level, index);
                });
                Assert.That(found, Is.EqualTo(changed), $"{changed} of {count}");
                Assert.That(asked, Is.LessThanOrEqualTo((2 * BitOperations.Log2((uint)count)) + 1));
            }

            Assert.That(trace.FirstDifference(Trace(count)), Is.EqualTo(-1));
        }
    }

    [Test]
    public void TracesOfDifferentLengthAreCompared()
    {
        foreach (int count in Counts)
        {
            for (int shorter = 0; shorter < count; shorter += Math.Max(1, count / 9))
            {
                Assert.That(Trace(count).FirstDifference(Trace(shorter)), Is.EqualTo(shorter), $"{shorter} of {count}");
                Assert.That(Trace(shorter).FirstDifference(Trace(count)), Is.EqualTo(shorter), $"{shorter} of {count}");
                Assert.That(Trace(count).FirstDifference(Trace(shorter, changed: 0)), Is.Zero);
                int last = Math.Max(shorter - 1, 0);
                Assert.That(Trace(shorter, changed: last).FirstDifference(Trace(count)), Is.EqualTo(last));
            }
        }
    }

    [Test]
    public void OnlyTheFirstOfSeveralDifferencesIsNamed()
    {
        Random random = new(1);
        for (int i = 0; i < 200; i++)
        {
            int count = random.Next(1, 120);
            int first = random.Next(count);
            TraceRecord[] records = [.. Enumerable.Range(0, count).Select(k => Record(k, k == first || (k > first && random.Next(2) == 0) ? 1 : 0))];
            Assert.That(Trace(count).FirstDifference(new StepTrace(records)), Is.EqualTo(first));
        }
    }

    [Test]
    public void ContradictingAnswersEndTheSearch()
    {
        Random random = new(2);
        StepTrace trace = Trace(100);
        for (int i = 0; i < 200; i++)
        {
            int found = trace.FirstDifference(100, (level, index) => random.Next(2) == 0 ? trace.Node(level, index) : Hash256.Zero);
            Assert.That(found, Is.InRange(-1, 99));
        }
    }

    [Test]
    public void SequenceNumbersAndNodesAreChecked()
    {
        StepTrace trace = Trace(5);
        Assert.Multiple(() =>
        {
            Assert.That(() => new StepTrace([Record(1, 0)]), Throws.ArgumentException);
            Assert.That(() => trace.Node(4, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => trace.Node(0, 5), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => trace.Prove(5), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(trace.Node(3, 0), Is.EqualTo(trace.Root));
            Assert.That(trace.Levels, Is.EqualTo(4));
        });
    }

    [Test]
    public void ProofsRoundTripAndSurviveMutations()
    {
        StepTrace trace = Trace(100);
        byte[] original = trace.Prove(77).Encode();
        Assert.That(TraceProof.TryDecode(original, out TraceProof? whole).IsValid);
        Assert.That(whole!.Encode(), Is.EqualTo(original));
        Assert.That(whole.Verify(trace.Root, 100).IsValid);
        Random random = new(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(random.Next(2) == 0 ? 24 : bytes.Length)] = (byte)random.Next(256);
            byte[] cut = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (TraceProof.TryDecode(cut, out TraceProof? proof).IsValid)
            {
                Assert.That(proof!.Encode(), Is.EqualTo(cut));
                Assert.That(proof.Verify(trace.Root, 100).IsValid, Is.EqualTo(cut.AsSpan().SequenceEqual(original)));
            }
        }
    }

    [Test]
    public void DecodersHoldTheirLimits()
    {
        TraceRecord record = Record(0, 0);
        long[] values = [.. Enumerable.Repeat(-1L, 16)];
        TraceRecord largest = new(
            int.MaxValue, int.MaxValue, Opcode.VectorOp, 20, values, values, new Hash256[16], new Hash256[16], long.MaxValue);
        Assert.Multiple(() =>
        {
            Assert.That(Decode(largest), Is.EqualTo(ValidationCode.Ok));
            Assert.That(largest.Encode(), Has.Length.InRange(StateCommitment.LeafBytes + 1, TraceRecord.MaxEncodedBytes));
            Assert.That(Math.Max(TensorOps.MaxOperands, TensorOps.All.Max(op => op.Arguments.Count)), Is.LessThanOrEqualTo(values.Length));
            Assert.That(TraceProof.TryDecode(new TraceProof(largest, new Hash256[31]).Encode(), out _).IsValid);
            Assert.That(TraceProof.TryDecode(new TraceProof(largest, new Hash256[32]).Encode(), out _).IsValid, Is.False);
            Assert.That(Decode(record with { Arguments = new long[17] }), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Decode(record with { Before = new Hash256[17] }), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Decode(record with { Opcode = (Opcode)0xFF }), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Decode(record with { Operation = 0xFF }), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Decode(record with { Opcode = Opcode.MatMul }), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(TraceRecord.TryDecode(new byte[TraceRecord.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(TraceProof.TryDecode(new byte[TraceProof.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        });
    }

    /// <summary>Such a record is longer than a leaf of tensor data.</summary>
    [Test]
    public void ARecordWithTheMostRootsIsALeaf()
    {
        TraceRecord record = Record(0, 0) with { Before = new Hash256[16], After = new Hash256[16] };
        byte[] encoded = record.Encode();
        Assert.Multiple(() =>
        {
            Assert.That(encoded, Has.Length.GreaterThan(StateCommitment.LeafBytes));
            Assert.That(new StepTrace([record]).Root.ToArray(), Is.EqualTo(SHA256.HashData([0, .. encoded])));
        });
    }

    private static ValidationCode Decode(TraceRecord record) => TraceRecord.TryDecode(record.Encode(), out _).Code;

    private static StepTrace Trace(int count, int changed = -1) =>
        new([.. Enumerable.Range(0, count).Select(i => Record(i, i == changed ? 1 : 0))]);

    private static TraceRecord Record(int sequence, long result) => new(
        sequence, sequence * 11, Opcode.VectorOp, 3, [sequence, -3], [result], [Hash256.Sha256([(byte)sequence])], [], 100 + sequence);
}
