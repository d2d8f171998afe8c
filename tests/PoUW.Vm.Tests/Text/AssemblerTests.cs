using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Tests.Programs;
using PoUW.Vm.Text;

namespace PoUW.Vm.Tests.Text;

[TestFixture]
public sealed class AssemblerTests
{
    [Test]
    public void DisassemblyAssemblesToTheSameBytes()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            VmProgram program = ProgramGenerator.Create(seed);
            string text = Disassembler.Write(program);
            ValidationResult result = Assembler.TryParse(text, out VmProgram? parsed);
            Assert.That(result.IsValid, $"{result}\n{text}");
            Assert.That(parsed!.Hash, Is.EqualTo(program.Hash), text);
        }
    }

    [Test]
    public void WritesReadableText()
    {
        VmProgram program = TestMachine.Assemble(
            ".slot state w int32 2 3 ; weights\n.checkpoint end\n.entry main 1 go\n.code\ngo: \n  push -5\nvec.fill w\n jump go");
        Assert.That(Disassembler.Write(program), Is.EqualTo(
            ".slot state w int32 2 3\n.checkpoint end\n.entry main 1 L00000\n.code\nL00000:\n    push -5\n    vec.fill w\n    jump L00000\n"));
    }

    [TestCase("frobnicate", "line 1")]
    [TestCase("\npush", "line 2")]
    [TestCase("push x", "line 1")]
    [TestCase("push 9223372036854775808", "line 1")]
    [TestCase("load 256", "line 1")]
    [TestCase("load -1", "line 1")]
    [TestCase("add 1", "line 1")]
    [TestCase("jump nowhere", "labels")]
    [TestCase("a:\na:", "line 2")]
    [TestCase("vec.nothing a", "line 1")]
    [TestCase("vec.relu a b", "line 1")]
    [TestCase("matmul a b c nx", "line 1")]
    [TestCase("vec", "line 1")]
    [TestCase(".slot state w int32 2", "line 1")]
    [TestCase(".slot state w int33 2 3", "line 1")]
    [TestCase(".slot 2 w int32 2 3", "line 1")]
    [TestCase(".slot state w int32 0 3", "line 1")]
    [TestCase(".slot state w int8 1 1\n.slot state w int8 1 1", "line 2")]
    [TestCase(".entry main x start", "line 1")]
    [TestCase(".constant", "line 1")]
    [TestCase(".slot state w int8 1 1\nvec.requantise_shift w w", "line 2")]
    public void RejectsWithTheLine(string text, string field)
    {
        ValidationResult result = Assembler.TryParse(text, out VmProgram? program);
        Assert.Multiple(() =>
        {
            Assert.That(result.Field, Is.EqualTo(field));
            Assert.That(program, Is.Null);
        });
    }

    [Test]
    public void RejectsATextThatIsTooLong()
    {
        string text = new('\n', Assembler.MaxTextLength + 1);
        Assert.That(Assembler.TryParse(text, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [TestCase("nn")]
    [TestCase("tn")]
    [TestCase("nt")]
    [TestCase("ttw")]
    [TestCase("nnw")]
    public void WritesTheFlagsOfAProduct(string flags)
    {
        VmProgram program = TestMachine.Assemble(
            ".slot state a int8 2 2\n.slot state c int32 2 2\n.entry main 0 s\n.code\ns:\nmatmul c a a " + flags + "\nhalt");
        Assert.That(Disassembler.Write(program), Does.Contain($"    matmul c a a {flags}\n"));
    }

    [Test]
    public void DoesNotWriteWhatIsNoInstruction()
    {
        VmProgram program = new([new VmEntryPoint("main", 0, 0)], [], [], [], [0, 0xFF]);
        Assert.That(() => Disassembler.Write(program), Throws.ArgumentException.With.Message.Contains("Offset 1"));
    }

    [Test]
    public void SurvivesMutations()
    {
        Random random = new(7);
        for (int i = 0; i < 5_000; i++)
        {
            char[] text = Disassembler.Write(ProgramGenerator.Create(i % 20)).ToCharArray();
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                text[random.Next(text.Length)] = (char)random.Next(1, 128);
            }

            Assert.That(() => Assembler.TryParse(new string(text), out _), Throws.Nothing);
        }
    }
}
