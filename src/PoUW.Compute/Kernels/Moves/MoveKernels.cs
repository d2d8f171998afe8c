using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Moves;

/// <summary>The kernels of the operations that move elements or repeat one.</summary>
internal static unsafe class MoveKernels
{
    private const int Dimensions = 4;
    private const int RowsPerPart = 16;
    private const int ColumnsPerLine = 16;

    public static void Register(KernelTable.Builder table)
    {
        table.Add(DataOps.Fill, Fill);
        table.Add(DataOps.CopyColumns, CopyColumns);
        table.Add(DataOps.ScatterAddRows, ScatterAddRows);
        table.Add(DataOps.Transpose, Transpose);
        table.Add(DataOps.Permute, Permute);
    }

    private static long Fill(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32)
        {
            ElementKernel<FillStep>.Run(context, call[0].Length, 1, new FillStep(d, call.FloatImmediate(0)));
        }

        return 0;
    }

    private static long CopyColumns(KernelContext context, in TensorCall call)
    {
        (int to, int from, int count) = (call.Immediates[0], call.Immediates[1], call.Immediates[2]);
        nint size = Tensor.ElementSize(call[0].Type);
        int rows = call[0].Rows;
        fixed (byte* d = call[0].Bytes, s = call[1].Bytes)
        {
            CopyColumnsKernel kernel =
                new(d + (to * size), s + (from * size), call[0].Columns * size, call[1].Columns * size, count * size);
            LaneRunner.Run(context, rows, (long)rows * count, RowsPerPart, kernel);
        }

        return 0;
    }

    private static long ScatterAddRows(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, s = call[1].Float32)
        fixed (int* index = call[2].Int32)
        {
            ScatterAddKernel kernel = new(d, s, index, call[1].Rows, call[1].Columns);
            LaneRunner.Run(context, call[1].Columns, call[1].Length, ColumnsPerLine, kernel);
        }

        return 0;
    }

    private static long Transpose(KernelContext context, in TensorCall call)
    {
        (int rows, int columns, int size) = (call[1].Rows, call[1].Columns, Tensor.ElementSize(call[1].Type));
        fixed (byte* d = call[0].Bytes, s = call[1].Bytes)
        {
            TransposeKernel kernel = new(d, s, rows, columns, size);
            LaneRunner.Run(context, rows, call[1].Length, TransposeKernel.Band, kernel);
        }

        return 0;
    }

    private static long Permute(KernelContext context, in TensorCall call)
    {
        PermutePlan plan = new(call.Immediates[..Dimensions], call.Immediates[Dimensions..]);
        int size = Tensor.ElementSize(call[1].Type);
        fixed (byte* d = call[0].Bytes, s = call[1].Bytes)
        {
            LaneRunner.Run(context, plan.Moves, call[1].Length, 1, new PermuteKernel(d, s, plan, size));
        }

        return 0;
    }
}
