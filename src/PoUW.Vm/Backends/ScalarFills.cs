using PoUW.Vm.Arithmetic;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Backends;

/// <summary>Definitions of the operations that fill a tensor from an index, a key or a value.</summary>
internal static class ScalarFills
{
    public static void Run(in VectorOperation operation, in VectorOperands operands)
    {
        switch (operation.Code)
        {
            case VectorOpcode.GatherRows:
                GatherRows(operands.First, operands.Second, operands.Third.Int32);
                break;
            case VectorOpcode.KeyedPermutation:
                Permutation(operation, operands.First.Int32, operands.Second.UInt8);
                break;
            case VectorOpcode.UniformFill:
                Uniform(operation, operands.First.Int32);
                break;
            case VectorOpcode.Sequence:
                Sequence(operation, operands.First.Int32);
                break;
            default:
                Fill(operation, operands.First);
                break;
        }
    }

    private static void GatherRows(Tensor destination, Tensor source, ReadOnlySpan<int> index)
    {
        int rowBytes = source.Bytes.Length / source.Rows;
        for (int row = 0; row < index.Length; row++)
        {
            source.Bytes.Slice(index[row] * rowBytes, rowBytes).CopyTo(destination.Bytes[(row * rowBytes)..]);
        }
    }

    /// <summary>Arguments: count of the permutation, first position, tweak.</summary>
    private static void Permutation(in VectorOperation operation, Span<int> result, ReadOnlySpan<byte> key)
    {
        SwapOrNotShuffle shuffle = new(key, operation.Argument2, (int)operation.Argument0, operation.Immediate0);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = shuffle.Permute((int)operation.Argument1 + i);
        }
    }

    /// <summary>Arguments: key, stream, bound. Element i is word i mod 4 of block i / 4.</summary>
    private static void Uniform(in VectorOperation operation, Span<int> result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            (uint x0, uint x1, uint x2, uint x3) =
                Philox4x32.Block(unchecked((ulong)operation.Argument0), unchecked((ulong)operation.Argument1), (ulong)i / 4);
            uint word = (i % 4) switch { 0 => x0, 1 => x1, 2 => x2, _ => x3 };
            result[i] = Philox4x32.ToRange(word, (int)operation.Argument2);
        }
    }

    /// <summary>Arguments: start, maximum.</summary>
    private static void Sequence(in VectorOperation operation, Span<int> result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = (int)Math.Min(operation.Argument0 + i, operation.Argument1);
        }
    }

    private static void Fill(in VectorOperation operation, Tensor destination)
    {
        if (destination.Type == TensorType.Int8)
        {
            destination.Int8.Fill((sbyte)operation.Argument0);
        }
        else
        {
            destination.Int32.Fill((int)operation.Argument0);
        }
    }
}
