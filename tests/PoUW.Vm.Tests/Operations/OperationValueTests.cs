using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations;

/// <summary>What holds for the values of every operation.</summary>
[TestFixture]
public sealed class OperationValueTests
{
    private static readonly uint[] Special =
        [0xFFC12345, 0x7F800001, 0x7F800000, 0xFF800000, 0x80000000, 0, 1, 0x807FFFFF, 0x7F7FFFFF, 0xFF7FFFFF, 0x3F800000, 0xBF800000];

    private static readonly string[] Moves = ["transpose", "permute", "copy_columns", "reshape"];

    private static IEnumerable<string> Arithmetic => CallSamples.Names.Except(Moves);

    private static IEnumerable<string> Names => CallSamples.Names;

    /// <summary>Destinations that are only written start as odd NaNs, so a place that is forgotten is seen too.</summary>
    [TestCaseSource(nameof(Arithmetic))]
    public void EveryNaNThatIsStoredIsCanonical(string name)
    {
        TensorOp op = TensorOps.Find(name)!;
        CallSamples.Sample sample = CallSamples.Of(name);
        for (int seed = 0; seed < 20; seed++)
        {
            Random random = new(seed);
            Tensor[] operands = sample.Operands(op, seed);
            foreach (Tensor tensor in operands.Where(static t => t.Type == TensorType.Float32))
            {
                foreach (ref float value in tensor.Float32)
                {
                    value = random.Next(3) == 0 ? Bits(Special[random.Next(Special.Length)]) : value;
                }
            }

            for (int i = 0; i < operands.Length; i++)
            {
                if (op.Operands[i].Access == OperandAccess.Write && operands[i].Type == TensorType.Float32)
                {
                    operands[i].Float32.Fill(Bits(0xFFC12345));
                }
            }

            bool[] written = [.. op.Operands.Select(static o => o.Access != OperandAccess.Read)];
            bool partial = op.Operands.Any(static o => o.Access == OperandAccess.ReadWrite) && name.StartsWith("scatter", StringComparison.Ordinal);
            Run(op, sample.Immediates, sample.Arguments, operands);
            for (int i = 0; i < operands.Length; i++)
            {
                if (written[i] && !partial && operands[i].Type == TensorType.Float32)
                {
                    uint[] odd = [.. BitsOf(operands[i]).Where(static b => float.IsNaN(Bits(b)) && b != NaNBits)];
                    Assert.That(odd, Is.Empty, $"{op.Operands[i].Name}, seed {seed}");
                }
            }
        }
    }

    [TestCaseSource(nameof(Names))]
    public void OperandsThatAreReadStay(string name)
    {
        TensorOp op = TensorOps.Find(name)!;
        CallSamples.Sample sample = CallSamples.Of(name);
        Tensor[] operands = sample.Operands(op, 7);
        Tensor[] before = [.. operands.Select(Copy)];
        Run(op, sample.Immediates, sample.Arguments, operands);
        for (int i = 0; i < operands.Length; i++)
        {
            bool same = operands[i].Bytes.SequenceEqual(before[i].Bytes);
            Assert.That(same, Is.EqualTo(op.Operands[i].Access == OperandAccess.Read), op.Operands[i].Name);
        }
    }

    [TestCaseSource(nameof(Names))]
    public void ADestinationMayBeAnOperandWhereItIsSaid(string name)
    {
        TensorOp op = TensorOps.Find(name)!;
        CallSamples.Sample sample = CallSamples.Of(name);
        TensorShape[] shapes = sample.Shapes(op);
        int aliases = 0;
        for (int i = 1; op.MayAlias && i < shapes.Length; i++)
        {
            if (shapes[i] == shapes[0])
            {
                Tensor[] operands = sample.Operands(op, 9);
                Tensor apart = Copy(Run(op, sample.Immediates, sample.Arguments, [Copy(operands[0]), .. operands[1..]]));
                operands[0] = operands[i];
                Run(op, sample.Immediates, sample.Arguments, operands);
                Assert.That(operands[0].Bytes.SequenceEqual(apart.Bytes), op.Operands[i].Name);
                aliases++;
            }
        }

        Assert.That(aliases > 0, Is.EqualTo(op.MayAlias && name != "convert_f32"));
    }
}
