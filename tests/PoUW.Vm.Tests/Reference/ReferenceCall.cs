using System.Numerics;
using PoUW.Vm.Execution;

namespace PoUW.Vm.Tests.Reference;

/// <summary>One VECTOROP: tensors, immediates and arguments, in the order of the instruction.</summary>
internal sealed class ReferenceCall(ReferenceTensor[] tensors, int[] immediates, BigInteger[] arguments)
{
    public ReferenceTensor this[int index] => tensors[index];

    public int[] Immediates => immediates;

    /// <summary>An argument within its bounds, or a trap.</summary>
    public long Argument(int index, long low = long.MinValue, long high = long.MaxValue)
    {
        Demand(arguments[index] >= low && arguments[index] <= high, VmTrap.ArgumentOutOfRange);
        return (long)arguments[index];
    }

    /// <summary>An immediate as an fp32 number.</summary>
    public float Real(int index) => BitConverter.Int32BitsToSingle(immediates[index]);

    /// <summary>Every element of a tensor lies in [0, count), or a trap.</summary>
    public void DemandBelow(int tensor, int count) =>
        Demand(tensors[tensor].Cells.All(value => value >= 0 && value < count), VmTrap.ElementOutOfRange);

    public static void Demand(bool holds, VmTrap otherwise)
    {
        if (!holds)
        {
            throw new ReferenceStop(otherwise);
        }
    }
}
