using System.Globalization;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Tests.Reference;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>
/// The vectors under tests/vectors/vm, on both interpreters. After a deliberate change run the tests once with the environment variable
/// POUW_UPDATE_VECTORS=1 and review the difference.
/// </summary>
[TestFixture]
public sealed class VectorTests
{
    private static IEnumerable<string> Files => VectorCatalogue.Files;

    [TestCaseSource(nameof(Files))]
    public void The_file_holds_what_both_interpreters_and_the_known_results_agree_on(string file)
    {
        string text = VectorFiles.Write(VectorCatalogue.Create(file));
        string path = VectorFiles.PathOf(file);
        if (Environment.GetEnvironmentVariable("POUW_UPDATE_VECTORS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.That(File.Exists(path), Is.True, "No file: run once with POUW_UPDATE_VECTORS=1.");
        Assert.That(text.Split('\n'), Is.EqualTo(File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n')));
    }

    [TestCaseSource(nameof(Files))]
    public void The_machine_gives_the_vectors(string file) =>
        Check(file, (program, tensors, entry, arguments, gas) => Duel.OnMachine(program, tensors, entry, arguments, gas));

    [TestCaseSource(nameof(Files))]
    public void The_reference_gives_the_vectors(string file) =>
        Check(file, (program, tensors, entry, arguments, gas) => Duel.OnReference(program, tensors, entry, arguments, gas, out _));

    [TestCaseSource(nameof(Files))]
    public void The_assembly_of_a_vector_gives_its_bytes(string file)
    {
        foreach (VmVector vector in VectorFiles.Read(file))
        {
            Assert.That(Duel.Hex(TestMachine.Assemble(vector.Assembly).Encode()), Is.EqualTo(vector.Program), vector.Name);
        }
    }

    [Test]
    public void Names_are_unique_and_no_file_is_left_over()
    {
        Assert.That(VectorFiles.Names(), Is.EquivalentTo(VectorCatalogue.Files));
        Assert.That(VectorFiles.Names().SelectMany(VectorFiles.Read).Select(v => v.Name), Is.Unique);
    }

    [Test]
    public void Every_instruction_operation_trap_and_outcome_occurs()
    {
        HashSet<Opcode> opcodes = [];
        HashSet<byte> operations = [];
        HashSet<string> ends = [];
        foreach (VmVector vector in VectorFiles.Names().SelectMany(VectorFiles.Read))
        {
            ends.Add(vector.Expect.Trap);
            ends.Add(vector.Expect.Outcome);
            if (vector.Expect.Outcome == nameof(VmOutcome.Halted))
            {
                VerifiedProgram program = VectorCatalogue.Verified(Convert.FromHexString(vector.Program), vector.Limits, vector.Name);
                Duel.OnReference(program, vector.Tensors, vector.Entry, Numbers(vector.Arguments), Number(vector.GasLimit),
                    out IReadOnlyList<ReferenceStep> steps);
                opcodes.UnionWith(steps.Select(step => step.Op));
                operations.UnionWith(steps.Where(step => step.Op == Opcode.VectorOp).Select(step => program.Program.Code[step.Pc + 1]));
            }
        }

        Assert.That(opcodes, Is.EquivalentTo(Enum.GetValues<Opcode>()));
        Assert.That(operations, Is.EquivalentTo(TensorOps.All.Select(op => op.Code)));
        string[] hosts = [nameof(VmOutcome.Cancelled), nameof(VmOutcome.TimeExceeded)];
        Assert.That(ends, Is.EquivalentTo(Enum.GetNames<VmTrap>().Concat(Enum.GetNames<VmOutcome>()).Except(hosts)));
    }

    [Test]
    public void The_reference_knows_the_same_instructions_and_operations()
    {
        Assert.That(ReferenceInstruction.Table.Keys, Is.EquivalentTo(Enum.GetValues<Opcode>()));
        Assert.That(ReferenceOperation.ByCode.Keys, Is.EquivalentTo(TensorOps.All.Select(op => op.Code)));
        foreach (TensorOp op in TensorOps.All)
        {
            ReferenceOperation other = ReferenceOperation.ByCode[op.Code];
            Assert.That(
                (other.Name, other.Slots, other.Immediates, other.Arguments, other.Pushes),
                Is.EqualTo((op.Name, op.Operands.Count, op.Immediates.Count, op.Arguments.Count, op.HasResult)));
        }
    }

    private static void Check(string file, Func<VerifiedProgram, IReadOnlyList<VectorTensor>, string, IReadOnlyList<long>, long,
        VectorExpectation> run)
    {
        VmVector[] vectors = VectorFiles.Read(file);
        Assert.That(vectors, Is.Not.Empty);
        foreach (VmVector vector in vectors)
        {
            VerifiedProgram program = VectorCatalogue.Verified(Convert.FromHexString(vector.Program), vector.Limits, vector.Name);
            VectorExpectation actual = run(program, vector.Tensors, vector.Entry, Numbers(vector.Arguments), Number(vector.GasLimit));
            Assert.That(Duel.Text(actual), Is.EqualTo(Duel.Text(vector.Expect)), vector.Name);
        }
    }

    private static long[] Numbers(string[] words) => [.. words.Select(Number)];

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);
}
