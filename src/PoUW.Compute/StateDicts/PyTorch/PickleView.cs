using System.Runtime.InteropServices;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A tensor as a view of a storage. Offset and strides count elements.</summary>
internal readonly record struct PickleView(PickleStorage Storage, StateTensorType Type, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Bytes that the arrays and the resulting tensor take beside the data.</summary>
    public static int OverheadBytes(int rank) => 160 + (3 * rank * sizeof(long));

    /// <summary>Makes the tensor: a part of the storage if the view is contiguous, or else a copy, which the budget must allow.</summary>
    /// <returns>Null, or what is wrong.</returns>
    public string? Resolve(AllocationBudget budget, out StateTensor? tensor)
    {
        tensor = null;
        ReadOnlyMemory<byte> bytes = Storage.Data!.Value;
        int size = Type.ElementSize();
        long available = bytes.Length / size;
        if (Offset < 0 || Array.Exists(Shape, static d => d < 0) || Array.Exists(Strides, static s => s < 0))
        {
            return "A tensor has a negative offset, size or stride.";
        }

        if (!StateTensorTypes.TryByteLength(Type, Shape, out long length))
        {
            return "The sizes of a tensor overflow.";
        }

        if (length > 0 && !IsInside(available))
        {
            return $"A tensor reaches beyond the {available} elements of its storage.";
        }

        if (length == 0 || IsContiguous())
        {
            tensor = new StateTensor(Type, Shape, length == 0 ? ReadOnlyMemory<byte>.Empty : bytes.Slice((int)Offset * size, (int)length));
            return null;
        }

        if (!budget.TryTakeArray(length, 1))
        {
            return $"A copy of a view of {length} bytes needs more memory than a file of this size may use.";
        }

        for (int i = 0; i < Shape.Length; i++)
        {
            // The stride of a single element means nothing, and may be as large as it likes.
            Strides[i] = Shape[i] == 1 ? 0 : Strides[i];
        }

        byte[] copy = new byte[length];
        Copy(bytes.Span[((int)Offset * size)..], copy, size);
        tensor = new StateTensor(Type, Shape, copy);
        return null;
    }

    private bool IsInside(long available)
    {
        // Each sum stays below 2^127: the last one was below 2^63, a product is below 2^126.
        Int128 last = Offset;
        for (int i = 0; i < Shape.Length && last < available; i++)
        {
            last += (Int128)(Shape[i] - 1) * Strides[i];
        }

        return last < available;
    }

    private bool IsContiguous()
    {
        long expected = 1;
        for (int i = Shape.Length - 1; i >= 0; i--)
        {
            if (Shape[i] != 1 && Strides[i] != expected)
            {
                return false;
            }

            expected *= Shape[i];
        }

        return true;
    }

    private void Copy(ReadOnlySpan<byte> source, Span<byte> target, int size)
    {
        switch (size)
        {
            case 1:
                Gather(source, target);
                break;
            case 2:
                Gather(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(target));
                break;
            case 4:
                Gather(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(target));
                break;
            default:
                Gather(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(target));
                break;
        }
    }

    private void Gather<T>(ReadOnlySpan<T> source, Span<T> target)
        where T : unmanaged
    {
        int last = Shape.Length - 1;
        int inner = (int)Shape[last];
        long[] index = new long[Shape.Length];
        long row = 0;
        for (int at = 0; at < target.Length; at += inner)
        {
            for (int i = 0; i < inner; i++)
            {
                target[at + i] = source[(int)(row + (i * Strides[last]))];
            }

            for (int d = last - 1; d >= 0; d--)
            {
                row += Strides[d];
                if (++index[d] < Shape[d])
                {
                    break;
                }

                row -= Strides[d] * Shape[d];
                index[d] = 0;
            }
        }
    }
}
