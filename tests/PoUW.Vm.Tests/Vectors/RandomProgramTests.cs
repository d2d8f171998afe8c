using PoUW.Core.Validation;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;
using static PoUW.Vm.Tests.Vectors.VectorData;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>Both interpreters on programs that nobody wrote.</summary>
[TestFixture]
public sealed class RandomProgramTests
{
    private const int Batches = 8;
    private const int ProgramsPerBatch = 500;

    private static readonly VmLimits Limits = new()
    {
        MaxCallDepth = 12,
        MaxStackDepth = 64,
        MaxOutputs = 64,
        MaxSlotBytes = 1 << 12,
        MaxMemoryBytes = 1 << 15,
        MaxLinearMemoryBytes = 1 << 12,
    };

    [Test]
    public void Both_interpreters_agree_on_random_programs([Range(0, Batches - 1)] int batch)
    {
        Dictionary<string, int> ends = new(StringComparer.Ordinal);
        for (int seed = batch * ProgramsPerBatch; seed < (batch + 1) * ProgramsPerBatch; seed++)
        {
            VmProgram program = RandomProgram.Create(seed);
            ValidationResult result = ProgramVerifier.Verify(program, Limits, out VerifiedProgram? verified);
            Assert.That(result.IsValid, $"seed {seed}: {result}");
            VectorExpectation end = Run(verified!, seed, $"seed {seed}");
            string key = end.Outcome == nameof(VmOutcome.Trapped) ? end.Trap : end.Outcome;
            ends[key] = ends.GetValueOrDefault(key) + 1;
        }

        TestContext.Out.WriteLine(string.Join(", ", ends.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.That(ends[nameof(VmOutcome.Halted)], Is.GreaterThan(ProgramsPerBatch / 5));
        Assert.That(ends, Does.ContainKey(nameof(VmOutcome.OutOfGas)));
        Assert.That(ends, Has.Count.GreaterThan(6));
    }

    [Test]
    public void Programs_with_flipped_bits_are_refused_or_run_alike([Range(0, Batches - 1)] int batch)
    {
        Random random = new(batch);
        int accepted = 0;
        for (int i = 0; i < ProgramsPerBatch; i++)
        {
            byte[] bytes = RandomProgram.Create(random.Next()).Encode();
            accepted += TryMutant(bytes, random, $"batch {batch}, program {i}") ? 1 : 0;
        }

        TestContext.Out.WriteLine($"{accepted} of {ProgramsPerBatch} accepted");
        Assert.That(accepted, Is.InRange(ProgramsPerBatch / 10, ProgramsPerBatch - 1));
    }

    [Test]
    public void Vectors_with_flipped_bits_are_refused_or_run_alike([Range(0, Batches - 1)] int batch)
    {
        Random random = new(batch + 100);
        byte[][] programs = [.. VectorFiles.Names().SelectMany(VectorFiles.Read).Select(v => v.Program).Distinct().Select(Convert.FromHexString)];
        int accepted = 0;
        foreach (byte[] program in programs)
        {
            accepted += TryMutant(program, random, $"batch {batch}, program {Duel.Hex(program)}") ? 1 : 0;
        }

        TestContext.Out.WriteLine($"{accepted} of {programs.Length} accepted");
        Assert.That(accepted, Is.InRange(programs.Length / 10, programs.Length - 1));
    }

    private static bool TryMutant(byte[] bytes, Random random, string name)
    {
        for (int flips = random.Next(1, 4); flips > 0; flips--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        VerifiedProgram? verified = null;
        bool accepted = VmProgram.TryDecode(bytes, Limits, out VmProgram? program).IsValid
            && ProgramVerifier.Verify(program!, Limits, out verified).IsValid;
        if (accepted)
        {
            Assert.That(program!.Encode(), Is.EqualTo(bytes), $"{name}: two encodings of one program");
            Run(verified!, random.Next(), $"{name}: {Duel.Hex(bytes)}");
        }

        return accepted;
    }

    private static VectorExpectation Run(VerifiedProgram verified, int seed, string name)
    {
        Random random = new(seed);
        VmProgram program = verified.Program;
        VmEntryPoint entry = program.EntryPoints[random.Next(program.EntryPoints.Count)];
        long[] arguments = [.. Enumerable.Range(0, entry.ParameterCount).Select(_ => random.NextInt64(-5, 200))];
        int bound = random.Next(4) == 0 ? 0 : 3;
        VectorTensor[] tensors =
        [
            .. program.Slots.Where(_ => random.Next(30) != 0).Select((slot, i) => Tensor(
                slot.Name, NameOf(slot.Type), slot.Rows, slot.Columns,
                Enumerable.Range(0, (int)slot.Length).Select(at => Small(slot.Type, (uint)seed + (uint)i, at, bound, false)))),
        ];
        long gas = random.Next(8) == 0 ? random.Next(2000) : 30_000;
        return Duel.Agreed(verified, tensors, entry.Name, arguments, gas, name, random.Next(1, 3));
    }
}
