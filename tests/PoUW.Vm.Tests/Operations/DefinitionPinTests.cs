using System.Security.Cryptography;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations;

/// <summary>
/// The bits of every definition on ten seeded calls. The network agrees on these bits: a pin that changes is a change of the protocol.
/// </summary>
[TestFixture]
public sealed class DefinitionPinTests
{
    private const int Calls = 10;

    private static readonly Dictionary<string, string> Pins = new(StringComparer.Ordinal)
    {
    };

    private static IEnumerable<string> Names => CallSamples.Names;

    [TestCaseSource(nameof(Names))]
    public void DefinitionsDoNotDrift(string name)
    {
        TensorOp op = TensorOps.Find(name)!;
        CallSamples.Sample sample = CallSamples.Of(name);
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int seed = 0; seed < Calls; seed++)
        {
            Tensor[] operands = sample.Operands(op, seed);
            Run(op, sample.Immediates, sample.Arguments, operands);
            foreach (Tensor tensor in operands)
            {
                digest.AppendData(tensor.Bytes);
            }
        }

        Assert.That(Convert.ToHexStringLower(digest.GetHashAndReset())[..16], Is.EqualTo(Pins.GetValueOrDefault(name)), name);
    }
}
