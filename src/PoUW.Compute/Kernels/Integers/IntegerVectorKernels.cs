using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Integers;

/// <summary>
/// Kernels of lane I that need no padding: integer sums do not depend on their order, and the rest of a vector runs in a small one.
/// </summary>
internal static class IntegerVectorKernels
{
    private static readonly int Width = Vector512<int>.Count;

    public static void Register(KernelTable.Builder table)
    {
        table.Add(IntegerOps.Add, static (KernelContext _, in TensorCall call) => Combine(call, default(IntegerFunctions.Add)));
        table.Add(IntegerOps.Subtract, static (KernelContext _, in TensorCall call) => Combine(call, default(IntegerFunctions.Subtract)));
        table.Add(IntegerOps.AddRow, AddRow);
        table.Add(IntegerOps.SumRows, SumRows);
        table.Add(
            IntegerOps.Clamp,
            static (KernelContext _, in TensorCall call) =>
                Map(call[0].Int32, call[1].Int32, call[1].Int32, new IntegerFunctions.Clamp((int)call.Arguments[0])));
        table.Add(
            IntegerOps.ScaleShift,
            static (KernelContext _, in TensorCall call) => Map(
                call[0].Int32,
                call[1].Int32,
                call[1].Int32,
                new IntegerFunctions.ScaleShift(call.Arguments[0], (int)call.Arguments[1])));
        table.Add(IntegerOps.Fill, Fill);
        table.Add(IntegerOps.Sum, Sum);
    }

    private static long Combine<TFunction>(in TensorCall call, TFunction function)
        where TFunction : struct, IIntegerFunction => Map(call[0].Int32, call[1].Int32, call[2].Int32, function);

    private static long AddRow(KernelContext context, in TensorCall call)
    {
        int columns = call[0].Columns;
        ReadOnlySpan<int> row = call[2].Int32;
        for (int start = 0; start < call[0].Length; start += columns)
        {
            Map(call[0].Int32.Slice(start, columns), call[1].Int32.Slice(start, columns), row, default(IntegerFunctions.Add));
        }

        return 0;
    }

    private static long SumRows(KernelContext context, in TensorCall call)
    {
        Span<int> result = call[0].Int32;
        result.Clear();
        int columns = call[1].Columns;
        for (int start = 0; start < call[1].Length; start += columns)
        {
            if (call[1].Type == TensorType.Int32)
            {
                Map(result, result, call[1].Int32.Slice(start, columns), default(IntegerFunctions.Add));
            }
            else
            {
                AddBytes(result, call[1].Int8.Slice(start, columns));
            }
        }

        return 0;
    }

    private static long Fill(KernelContext context, in TensorCall call)
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

    private static long Sum(KernelContext context, in TensorCall call)
    {
        long sum = 0;
        if (call[0].Type == TensorType.Int8)
        {
            foreach (sbyte value in call[0].Int8)
            {
                sum += value;
            }

            return sum;
        }

        ReadOnlySpan<int> values = call[0].Int32;
        Vector512<long> sums = Vector512<long>.Zero;
        int i = 0;
        for (; i <= values.Length - Width; i += Width)
        {
            (Vector512<long> lower, Vector512<long> upper) = Vector512.Widen(Load(values, i));
            sums += lower + upper;
        }

        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum + Vector512.Sum(sums);
    }

    /// <summary>result = function(x, y) of spans of one length; the result may be x or y.</summary>
    private static long Map<TFunction>(Span<int> result, ReadOnlySpan<int> x, ReadOnlySpan<int> y, TFunction function)
        where TFunction : struct, IIntegerFunction
    {
        int i = 0;
        for (; i <= result.Length - Width; i += Width)
        {
            function.Apply(Load(x, i), Load(y, i)).StoreUnsafe(ref MemoryMarshal.GetReference(result), (nuint)i);
        }

        if (i < result.Length)
        {
            Rest restX = default;
            Rest restY = default;
            x[i..].CopyTo(restX);
            y[i..].CopyTo(restY);
            function.Apply(Load(restX, 0), Load(restY, 0)).CopyTo(restX);
            ((ReadOnlySpan<int>)restX)[..(result.Length - i)].CopyTo(result[i..]);
        }

        return 0;
    }

    private static void AddBytes(Span<int> result, ReadOnlySpan<sbyte> row)
    {
        int i = 0;
        for (; i <= row.Length - Vector128<sbyte>.Count; i += Vector128<sbyte>.Count)
        {
            Vector128<sbyte> bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(row), (nuint)i);
            Vector512<int> wide = Vector512.WidenLower(Vector512.WidenLower(bytes.ToVector256Unsafe().ToVector512Unsafe()));
            (Load(result, i) + wide).StoreUnsafe(ref MemoryMarshal.GetReference(result), (nuint)i);
        }

        for (; i < row.Length; i++)
        {
            result[i] = unchecked(result[i] + row[i]); // Modulo 2^32.
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Load(ReadOnlySpan<int> source, int at) =>
        Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)at);

    [InlineArray(16)]
    private struct Rest
    {
        private int _first;
    }
}
