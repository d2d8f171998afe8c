using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.StateDicts;

/// <summary>Damaged files. The long form is the sweep "files" of the benchmarks.</summary>
[TestFixture]
public sealed class MutationTests
{
    private const int Cases = 300;

    /// <summary>Beside the slack of the limits: the reader itself, one refusal, and the 8 KiB by which the runtime counts.</summary>
    private const int Fixed = 1 << 14;

    private static IEnumerable<string> Files =>
        Directory.GetFiles(Goldens.Folder).Select(path => Path.GetFileName(path)!).Where(name => name.EndsWith(".pt", StringComparison.Ordinal)
            || name.EndsWith(".safetensors", StringComparison.Ordinal)).Order();

    [TestCaseSource(nameof(Files))]
    public void ADamagedFileIsReadOrRefusedWithinItsMemory(string name)
    {
        byte[] original = Goldens.Read(name);
        StateFileMutator mutator = new(seed: 17);
        bool safetensors = name.EndsWith(".safetensors", StringComparison.Ordinal);
        int refused = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = mutator.Mutate(original);
            int slack = i % 2 == 0 ? PyTorchLimits.Default.AllocationSlackBytes : 0;
            long before = GC.GetAllocatedBytesForCurrentThread();
            ValidationResult result = safetensors
                ? SafetensorFile.TryDecode(bytes, new SafetensorLimits { AllocationSlackBytes = slack }, out _)
                : PyTorchFile.TryRead(bytes, new PyTorchLimits { AllocationSlackBytes = slack }, out _);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            refused += result.IsValid ? 0 : 1;
            Assert.That(allocated, Is.LessThan((2L * bytes.Length) + slack + Fixed), $"case {i}: {result}");
            Assert.That(result.IsValid || (result.Field.Length > 0 && result.Message.Length > 0), $"case {i}");
        }

        Assert.That(refused, Is.GreaterThan(Cases / 4));
    }
}
