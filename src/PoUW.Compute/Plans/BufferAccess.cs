using PoUW.Vm.Operations;

namespace PoUW.Compute.Plans;

/// <summary>What an instruction does with a buffer.</summary>
internal readonly record struct BufferAccess(BufferId Buffer, bool Reads, bool Writes)
{
    /// <summary>The buffers of an instruction.</summary>
    public static IEnumerable<BufferAccess> Of(PlanInstruction code) => code switch
    {
        TensorInstruction tensor => tensor.Operands.Select((buffer, i) => OfOperand(buffer, tensor.Op.Operands[i].Access)),
        ProductInstruction product => [new(product.C, false, true), new(product.A, true, false), new(product.B, true, false)],
        CopyRowsInstruction copy => [new(copy.Destination, true, true), new(copy.Source, true, false)],
        LoadInstruction load => [new(load.Buffer, true, false)],

        // Storing an element may be what fills a buffer; whoever stores must fill all of it.
        StoreInstruction store => [new(store.Buffer, false, true)],
        _ => [],
    };

    /// <summary>The instruction with other buffers.</summary>
    public static PlanInstruction Rename(PlanInstruction code, Func<BufferId, BufferId> map) => code switch
    {
        TensorInstruction tensor => tensor with { Operands = [.. tensor.Operands.Select(map)] },
        ProductInstruction product => product with { C = map(product.C), A = map(product.A), B = map(product.B) },
        CopyRowsInstruction copy => copy with { Destination = map(copy.Destination), Source = map(copy.Source) },
        LoadInstruction load => load with { Buffer = map(load.Buffer) },
        StoreInstruction store => store with { Buffer = map(store.Buffer) },
        _ => code,
    };

    private static BufferAccess OfOperand(BufferId buffer, OperandAccess access) =>
        new(buffer, access != OperandAccess.Write, access != OperandAccess.Read);
}
