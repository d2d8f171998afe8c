using System.Runtime.InteropServices;

namespace PoUW.Vm.Tensors;

/// <summary>
/// A dense row-major tensor of one or two dimensions over one byte buffer. Mutable and not thread-safe: one machine owns it while a
/// program runs.
/// </summary>
public sealed class Tensor
{
    private readonly byte[] _data;

    /// <summary>Creates a tensor of zeros.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1 or the tensor is larger than an array can be.</exception>
    public Tensor(TensorType type, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        long bytes = (long)rows * columns * ElementSize(type);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Array.MaxLength);
        Type = type;
        Rows = rows;
        Columns = columns;
        _data = new byte[bytes];
    }

    /// <summary>Element type.</summary>
    public TensorType Type { get; }

    /// <summary>Number of rows; a vector has one column.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Number of elements.</summary>
    public int Length => Rows * Columns;

    /// <summary>The raw little-endian bytes, row-major.</summary>
    public Span<byte> Bytes => _data;

    /// <summary>The elements as 8-bit integers. The tensor must be <see cref="TensorType.Int8"/>.</summary>
    public Span<sbyte> Int8 => As<sbyte>(TensorType.Int8);

    /// <summary>The elements as unsigned bytes. The tensor must be <see cref="TensorType.UInt8"/>.</summary>
    public Span<byte> UInt8 => As<byte>(TensorType.UInt8);

    /// <summary>The elements as 32-bit integers. The tensor must be <see cref="TensorType.Int32"/>.</summary>
    public Span<int> Int32 => As<int>(TensorType.Int32);

    /// <summary>The elements as 64-bit integers. The tensor must be <see cref="TensorType.Int64"/>.</summary>
    public Span<long> Int64 => As<long>(TensorType.Int64);

    /// <summary>The elements as fp32 numbers. The tensor must be <see cref="TensorType.Float32"/>.</summary>
    public Span<float> Float32 => As<float>(TensorType.Float32);

    /// <summary>Bytes an element.</summary>
    public static int ElementSize(TensorType type) => type switch
    {
        TensorType.Int8 or TensorType.UInt8 => 1,
        TensorType.Int32 or TensorType.Float32 => 4,
        TensorType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };

    private Span<T> As<T>(TensorType type)
        where T : unmanaged =>
        Type == type
            ? MemoryMarshal.Cast<byte, T>(_data.AsSpan())
            : throw new InvalidOperationException($"The tensor holds {Type}, not {type}.");
}
