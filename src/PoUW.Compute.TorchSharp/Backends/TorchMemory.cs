using System.Runtime.InteropServices;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>Bytes to a device and back. The tensors belong to the caller's dispose scope.</summary>
internal static class TorchMemory
{
    /// <summary>Copies a row-major matrix to a device.</summary>
    internal static torch.Tensor Upload(ReadOnlySpan<sbyte> data, int rows, int columns, torch.Device device)
    {
        torch.Tensor host = torch.empty([rows, columns], dtype: torch.ScalarType.Int8);
        MemoryMarshal.AsBytes(data[..(rows * columns)]).CopyTo(host.bytes);
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
