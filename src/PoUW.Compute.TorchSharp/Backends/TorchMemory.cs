using System.Runtime.InteropServices;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>Bytes to a device and back. The tensors belong to the caller's dispose scope.</summary>
internal static class TorchMemory
{
    /// <summary>Copies a row-major matrix to a device.</summary>
    internal static torch.Tensor Upload(ReadOnlySpan<sbyte> data, int rows, int columns, torch.Device device) =>
        Upload(data, rows, columns, columns, device);

    /// <summary>Copies some columns of a row-major matrix to a device.</summary>
    /// <param name="data">The matrix, from the first of the columns on.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="stride">Elements from row to row of the matrix.</param>
    /// <param name="device">The device.</param>
    internal static torch.Tensor Upload(ReadOnlySpan<sbyte> data, int rows, int columns, int stride, torch.Device device)
    {
        torch.Tensor host = torch.empty([rows, columns], dtype: torch.ScalarType.Int8);
        Span<byte> target = host.bytes;
        if (columns == stride)
        {
            MemoryMarshal.AsBytes(data[..(rows * columns)]).CopyTo(target);
            return host.to(device);
        }

        for (int row = 0; row < rows; row++)
        {
            MemoryMarshal.AsBytes(data.Slice(row * stride, columns)).CopyTo(target[(row * columns)..]);
        }

        return host.to(device);
    }

    /// <summary>Copies a matrix of Int32 home.</summary>
    /// <param name="sums">The matrix.</param>
    /// <param name="target">Where its first row begins.</param>
    /// <param name="stride">Elements from row to row of the target.</param>
    internal static void Download(torch.Tensor sums, Span<int> target, int stride)
    {
        torch.Tensor home = sums.cpu().contiguous();
        ReadOnlySpan<int> source = MemoryMarshal.Cast<byte, int>(home.bytes);
        (int rows, int columns) = ((int)home.shape[0], (int)home.shape[1]);
        for (int row = 0; row < rows; row++)
        {
            source.Slice(row * columns, columns).CopyTo(target[(row * stride)..]);
        }
    }

    /// <summary>libtorch has one kind of exception; the text says what it was.</summary>
    internal static bool IsOutOfMemory(ExternalException failure) =>
        failure.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || failure.Message.Contains("allocate memory", StringComparison.OrdinalIgnoreCase);
}
