using System.Globalization;
using System.Text.Json;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tests.Reference;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>Runs one program on the machine and on the reference, from the same slots.</summary>
internal static class Duel
{
    /// <summary>The limits of a vector.</summary>
    public static VmLimits LimitsOf(VectorLimits? limits) => new()
    {
        MaxStackDepth = limits?.StackDepth ?? VmLimits.Default.MaxStackDepth,
        MaxCallDepth = limits?.CallDepth ?? VmLimits.Default.MaxCallDepth,
        MaxOutputs = limits?.Outputs ?? VmLimits.Default.MaxOutputs,
    };

    /// <summary>What the last of some runs gives on both interpreters; fails if they differ.</summary>
    public static VectorExpectation Agreed(
        VerifiedProgram program, IReadOnlyList<VectorTensor> tensors, string entry, IReadOnlyList<long> arguments, long gas, string name,
        int runs = 1)
    {
        VectorExpectation machine = OnMachine(program, tensors, entry, arguments, gas, runs);
        VectorExpectation reference = OnReference(program, tensors, entry, arguments, gas, out _, runs);
        Assert.That(Text(machine), Is.EqualTo(Text(reference)), $"{name}: the machine and the reference disagree.");
        return machine;
    }

    /// <summary>An expectation as text, to compare it.</summary>
    public static string Text(VectorExpectation expectation) => JsonSerializer.Serialize(expectation, VectorFiles.Json);

    public static VectorExpectation OnMachine(
        VerifiedProgram program, IReadOnlyList<VectorTensor> tensors, string entry, IReadOnlyList<long> arguments, long gas, int runs = 1)
    {
        Machine machine = new(program, new ScalarBackend());
        foreach (VectorTensor tensor in tensors)
        {
            VmSlot slot = program.Program.Slots.Single(s => s.Name == tensor.Slot);
            if (slot.Kind == SlotKind.Input)
            {
                Tensor input = new(slot.Type, slot.Rows, slot.Columns);
                Assert.That(machine.SetInput(slot.Name, input).IsValid);
            }

            Convert.FromHexString(tensor.Data).CopyTo(machine.Slot(slot.Name).Bytes);
        }

        VmResult result = machine.Run(entry, [.. arguments], gas);
        for (int run = 1; run < runs; run++)
        {
            result = machine.Run(entry, [.. arguments], gas);
        }

        foreach (VectorTensor tensor in tensors.Where(t => program.Program.Slots.Single(s => s.Name == t.Slot).Kind == SlotKind.Input))
        {
            Assert.That(Hex(machine.Slot(tensor.Slot).Bytes), Is.EqualTo(tensor.Data), "A run must not write an input.");
        }

        return new VectorExpectation(
            result.Outcome.ToString(),
            result.Trap.ToString(),
            result.Pc,
            result.GasUsed.ToString(CultureInfo.InvariantCulture),
            [.. result.Outputs.Select(v => v.ToString(CultureInfo.InvariantCulture))],
            [.. program.Program.Slots.Where(s => s.Kind != SlotKind.Input).Select(s => new VectorContent(s.Name, Hex(machine.Slot(s.Name).Bytes)))]);
    }

    public static VectorExpectation OnReference(
        VerifiedProgram program, IReadOnlyList<VectorTensor> tensors, string entry, IReadOnlyList<long> arguments, long gas,
        out IReadOnlyList<ReferenceStep> steps, int runs = 1)
    {
        VmLimits limits = program.Limits;
        ReferenceProgram code = ReferenceProgram.Parse(program.Program.Encode());
        ReferenceMachine machine = new(code, new ReferenceLimits(limits.MaxStackDepth, limits.MaxCallDepth, limits.MaxOutputs));
        List<string> names = [.. code.Slots.Select(s => s.Name)];
        foreach (VectorTensor tensor in tensors)
        {
            machine.Set(names.IndexOf(tensor.Slot), Convert.FromHexString(tensor.Data));
        }

        ReferenceRun run = machine.Run(entry, arguments, gas);
        for (int again = 1; again < runs; again++)
        {
            run = machine.Run(entry, arguments, gas);
        }

        steps = machine.Steps;
        return new VectorExpectation(
            run.Outcome.ToString(),
            run.Trap.ToString(),
            run.Pc,
            run.GasUsed.ToString(CultureInfo.InvariantCulture),
            [.. run.Outputs.Select(v => v.ToString(CultureInfo.InvariantCulture))],
            [.. Enumerable.Range(0, names.Count).Where(i => code.Slots[i].Kind != (int)SlotKind.Input)
                .Select(i => new VectorContent(names[i], Hex(machine.Content(i)!)))]);
    }

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
