using System.Globalization;
using PoUW.Core.Validation;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;
using PoUW.Vm.Tests.Reference;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>The files of vectors and what each is made of.</summary>
internal static class VectorCatalogue
{
    private const string OutOfGas = "out-of-gas";

    private static readonly Dictionary<string, Func<IEnumerable<VectorSource>>> Groups = new(StringComparer.Ordinal)
    {
        ["arithmetic"] = ScalarVectors.ArithmeticFile,
        ["checkpoint"] = ControlVectors.CheckpointFile,
        ["control"] = ControlVectors.ControlFile,
        ["emit"] = ControlVectors.EmitFile,
        ["known"] = KnownVectors.File,
        ["loop"] = ControlVectors.LoopFile,
        ["matmul"] = TensorVectors.MatMulFile,
        ["memcopy"] = TensorVectors.MemCopyFile,
        ["memory"] = MemoryVectors.File,
        ["rand"] = ScalarVectors.RandFile,
        ["stack"] = ScalarVectors.StackFile,
        ["tensor-elements"] = TensorVectors.ElementFile,
    };

    public static IEnumerable<string> Files => [.. Groups.Keys, .. OperationTable.Families.Keys, OutOfGas];

    /// <summary>The vectors of a file, with the results on which both interpreters and all that is known agree.</summary>
    public static List<VmVector> Create(string file) => [.. Sources(file).Select(Complete)];

    public static VerifiedProgram Verified(byte[] program, VectorLimits? limits, string name)
    {
        ValidationResult result = VmProgram.TryDecode(program, Duel.LimitsOf(limits), out VmProgram? decoded);
        Assert.That(result.IsValid, $"{name}: {result}");
        result = ProgramVerifier.Verify(decoded!, Duel.LimitsOf(limits), out VerifiedProgram? verified);
        Assert.That(result.IsValid, $"{name}: {result}");
        return verified!;
    }

    private static IEnumerable<VectorSource> Sources(string file) =>
        file == OutOfGas ? GasSources() : Groups.TryGetValue(file,
            out Func<IEnumerable<VectorSource>>? group) ? group() : OperationVectors.File(file);

    private static VmVector Complete(VectorSource source)
    {
        byte[] bytes = TestMachine.Assemble(source.Assembly).Encode();
        VerifiedProgram program = Verified(bytes, source.Limits, source.Name);
        VectorExpectation expectation = Duel.Agreed(program, source.Tensors, source.Entry, source.Arguments, source.GasLimit, source.Name);
        if (source.KnownTrap is { } trap)
        {
            Assert.That(expectation.Trap, Is.EqualTo(trap.ToString()), source.Name);
        }

        if (source.KnownOutputs is { } outputs)
        {
            Assert.That(expectation.Outcome, Is.EqualTo("Halted"), source.Name);
            Assert.That(expectation.Outputs, Is.EqualTo(outputs.Select(Text)), source.Name);
        }

        foreach (VectorContent known in source.KnownSlots)
        {
            Assert.That(expectation.Slots.Single(s => s.Slot == known.Slot).Data, Is.EqualTo(known.Data), source.Name);
        }

        return new VmVector(
            source.Name, source.Assembly, Duel.Hex(bytes), source.Limits, [.. source.Tensors], source.Entry, [.. source.Arguments.Select(Text)],
            Text(source.GasLimit), expectation);
    }

    /// <summary>For every instruction the first vector that runs it, with gas for it less one, and with gas for it and nothing more.</summary>
    private static IEnumerable<VectorSource> GasSources()
    {
        Dictionary<Opcode, (VectorSource Source, ReferenceStep Step)> firsts = [];
        foreach (VectorSource source in Groups.Values.SelectMany(group => group()).Concat(OperationVectors.File("vec-integer")))
        {
            VerifiedProgram program = Verified(TestMachine.Assemble(source.Assembly).Encode(), source.Limits, source.Name);
            Duel.OnReference(program, source.Tensors, source.Entry, source.Arguments, source.GasLimit, out IReadOnlyList<ReferenceStep> steps);
            foreach (ReferenceStep step in steps)
            {
                firsts.TryAdd(step.Op, (source, step));
            }
        }

        foreach ((Opcode opcode, (VectorSource source, ReferenceStep step)) in firsts.OrderBy(pair => pair.Key))
        {
            string name = opcode.ToString().ToLowerInvariant();
            VectorSource bare = new(source.Name, source.Assembly)
            {
                Tensors = source.Tensors,
                Arguments = source.Arguments,
                Entry = source.Entry,
                Limits = source.Limits,
            };
            yield return bare with { Name = $"one unit less than {name} takes ({source.Name})", GasLimit = (long)step.GasAfter - 1 };
            yield return bare with { Name = $"what {name} takes and nothing more ({source.Name})", GasLimit = (long)step.GasAfter };
        }
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
