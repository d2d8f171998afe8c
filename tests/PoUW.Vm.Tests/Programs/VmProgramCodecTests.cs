using PoUW.Core.Codec;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Programs;

[TestFixture]
public sealed class VmProgramCodecTests
{
    [Test]
    public void RoundTrips()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            VmProgram program = ProgramGenerator.Create(seed);
            ValidationResult result = VmProgram.TryDecode(program.Encode(), VmLimits.Default, out VmProgram? decoded);
            Assert.That(result.IsValid, result.ToString());
            Assert.That(decoded!.Encode(), Is.EqualTo(program.Encode()));
            Assert.That(decoded.Hash, Is.EqualTo(program.Hash));
        }
    }

    /// <summary>Mutated bytes never throw, in decoding or in verification; what decodes is canonical.</summary>
    [Test]
    public void SurvivesMutations()
    {
        Random random = new(1);
        byte[][] originals = [.. Enumerable.Range(0, 50).Select(seed => ProgramGenerator.Create(seed).Encode())];
        int decodedCount = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. originals[i % 50]];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            byte[] cut = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (VmProgram.TryDecode(cut, VmLimits.Default, out VmProgram? program).IsValid)
            {
                decodedCount++;
                Assert.That(program!.Encode().AsSpan().SequenceEqual(cut));
                ProgramVerifier.Verify(program, VmLimits.Default, out _);
            }
        }

        Assert.That(decodedCount, Is.GreaterThan(100));
    }

    [Test]
    public void RejectsTooManyBytes() => Expect(new byte[11], "program", new VmLimits { MaxProgramBytes = 10 });

    [Test]
    public void RejectsOtherVersions() => Expect(new RlpWriter().BeginList().Write(2UL).EndList().ToArray(), "version");

    [Test]
    public void RejectsTrailingBytes() => Expect([.. ProgramGenerator.Create(1).Encode(), 0], "program");

    [Test]
    public void RejectsEmptyInput() => Expect([], "entryPoints");

    [Test]
    public void RejectsLongCode()
    {
        VmProgram program = new([new VmEntryPoint("main", 0, 0)], [], [], [], new byte[20]);
        Expect(program.Encode(), "program", new VmLimits { MaxCodeBytes = 19 });
    }

    [TestCase(0, 1, 1, 1)]
    [TestCase(6, 1, 1, 1)]
    [TestCase(1, 0, 1, 1)]
    [TestCase(1, 1, 0, 1)]
    [TestCase(1, 1, 1, 0)]
    [TestCase(1, 1, 1, 5)]
    public void RejectsBadSlots(int type, int rows, int columns, int kind)
    {
        byte[] bytes = new RlpWriter().BeginList().Write(1UL).BeginList().EndList()
            .BeginList().BeginList().Write("a").Write((ulong)type).Write((ulong)rows).Write((ulong)columns).Write((ulong)kind).EndList().EndList()
            .BeginList().EndList().BeginList().EndList().Write([]).EndList().ToArray();
        Expect(bytes, "slots");
    }

    [Test]
    public void RejectsShortConstants()
    {
        byte[] bytes = new RlpWriter().BeginList().Write(1UL).BeginList().EndList().BeginList().EndList()
            .BeginList().Write([1, 2, 3]).EndList().BeginList().EndList().Write([]).EndList().ToArray();
        Expect(bytes, "constants");
    }

    [Test]
    public void RejectsMoreItemsThanTheLimits()
    {
        byte[] bytes = ProgramGenerator.Create(1).Encode();
        Expect(bytes, "entryPoints", new VmLimits { MaxEntryPoints = 0 });
        Expect(bytes, "slots", new VmLimits { MaxSlots = 3 });
        Expect(bytes, "constants", new VmLimits { MaxConstants = 0 });
        Expect(bytes, "checkpoints", new VmLimits { MaxCheckpoints = 0 });
        Expect(bytes, "entryPoints", new VmLimits { MaxNameBytes = 3 });
    }

    private static void Expect(byte[] bytes, string field, VmLimits? limits = null)
    {
        ValidationResult result = VmProgram.TryDecode(bytes, limits ?? VmLimits.Default, out VmProgram? program);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsValid, Is.False);
            Assert.That(result.Field, Is.EqualTo(field), result.ToString());
            Assert.That(program, Is.Null);
        });
    }
}
