using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations.Integer;

/// <summary>Definitions of the operations that fill a tensor from an index, a key or a value.</summary>
internal static class IntegerFills
{
    public static long GatherRows(in TensorCall call)
    {
        (Tensor destination, Tensor source) = (call[0], call[1]);
        ReadOnlySpan<int> index = call[2].Int32;
        int rowBytes = source.Bytes.Length / source.Rows;
        for (int row = 0; row < index.Length; row++)
        {
            source.Bytes.Slice(index[row] * rowBytes, rowBytes).CopyTo(destination.Bytes[(row * rowBytes)..]);
        }

        return 0;
    }

    /// <summary>Immediate: rounds; arguments: count of the permutation, first position, tweak.</summary>
    public static long Permutation(in TensorCall call)
    {
        SwapOrNotShuffle shuffle = new(call[1].UInt8, call.Arguments[2], (int)call.Arguments[0], call.Immediates[0]);
        Span<int> result = call[0].Int32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = shuffle.Permute((int)call.Arguments[1] + i);
        }

        return 0;
    }

    /// <summary>Arguments: key, stream, bound. Element i is word i mod 4 of block i / 4.</summary>
    public static long Uniform(in TensorCall call)
    {
        Span<int> result = call[0].Int32;
        for (int i = 0; i < result.Length; i++)
        {
            (uint x0, uint x1, uint x2, uint x3) =
                Philox4x32.Block(unchecked((ulong)call.Arguments[0]), unchecked((ulong)call.Arguments[1]), (ulong)i / 4);
            uint word = (i % 4) switch { 0 => x0, 1 => x1, 2 => x2, _ => x3 };
            result[i] = Philox4x32.ToRange(word, (int)call.Arguments[2]);
        }

        return 0;
    }

    /// <summary>Arguments: start, maximum.</summary>
    public static long Sequence(in TensorCall call)
    {
        Span<int> result = call[0].Int32;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = (int)Math.Min(call.Arguments[0] + i, call.Arguments[1]);
        }

        return 0;
    }

    /// <summary>Argument: value.</summary>
    public static long Fill(in TensorCall call)
    {
        if (call[0].Type == TensorType.Int8)
        {
            call[0].Int8.Fill((sbyte)call.Arguments[0]);
        }
        else
        {
            call[0].Int32.Fill((int)call.Arguments[0]);
        }

        return 0;
    }
}
