using System.Runtime.InteropServices;

namespace PoUW.Compute.StateDicts;

/// <summary>
/// A tensor of a state dict: row-major, contiguous, little-endian. An empty shape is a scalar; a dimension may be zero. The data may be
/// a part of the file that it was read from. Immutable as long as nobody writes to that memory; members may be called from any thread.
/// </summary>
public sealed class StateTensor
{
    private readonly long[] _shape;

    /// <summary>Creates a tensor over existing bytes, which are not copied.</summary>
    /// <exception cref="ArgumentException">A dimension is negative, or the data does not fit the shape.</exception>
    public StateTensor(StateTensorType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> data)
        : this(type, [.. shape], data)
    {
    }

    /// <summary>Takes over the array of dimensions.</summary>
    internal StateTensor(StateTensorType type, long[] shape, ReadOnlyMemory<byte> data)
    {
        if (!Enum.IsDefined(type))
        {
            throw new ArgumentException($"There is no element type {type}.", nameof(type));
        }

        if (!StateTensorTypes.TryByteLength(type, shape, out long bytes) || bytes != data.Length)
        {
            throw new ArgumentException($"{data.Length} bytes of {type} do not fit the shape [{string.Join(", ", shape)}].", nameof(data));
        }

        (Type, _shape, Data) = (type, shape, data);
    }

    /// <summary>Type of an element.</summary>
    public StateTensorType Type { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>The elements.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Number of elements.</summary>
    public int Length => Data.Length / Type.ElementSize();

    /// <summary>A tensor with a copy of the values.</summary>
    /// <exception cref="ArgumentException">The values do not fit the shape; no shape means a scalar.</exception>
    public static StateTensor FromFloat32(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => From(StateTensorType.Float32, values, shape);

    /// <inheritdoc cref="FromFloat32"/>
    public static StateTensor FromFloat64(ReadOnlySpan<double> values, params ReadOnlySpan<long> shape) => From(StateTensorType.Float64, values, shape);

    /// <inheritdoc cref="FromFloat32"/>
    public static StateTensor FromInt32(ReadOnlySpan<int> values, params ReadOnlySpan<long> shape) => From(StateTensorType.Int32, values, shape);

    /// <inheritdoc cref="FromFloat32"/>
    public static StateTensor FromInt64(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) => From(StateTensorType.Int64, values, shape);

    /// <inheritdoc cref="FromFloat32"/>
    public static StateTensor FromInt8(ReadOnlySpan<sbyte> values, params ReadOnlySpan<long> shape) => From(StateTensorType.Int8, values, shape);

    /// <inheritdoc cref="FromFloat32"/>
    public static StateTensor FromUInt8(ReadOnlySpan<byte> values, params ReadOnlySpan<long> shape) => From(StateTensorType.UInt8, values, shape);

    /// <inheritdoc cref="FromFloat32"/>
    public static StateTensor FromBool(ReadOnlySpan<bool> values, params ReadOnlySpan<long> shape) => From(StateTensorType.Bool, values, shape);

    /// <summary>The values of a floating-point tensor as binary32. Float64 is rounded to nearest, ties to even; the other types are exact.</summary>
    /// <exception cref="StateDictException">The tensor holds no floating-point numbers.</exception>
    public float[] ToFloat32() => Type switch
    {
        StateTensorType.Float32 => Values<float>().ToArray(),
        StateTensorType.Float64 => Convert<double, float>(static value => (float)value),
        StateTensorType.Float16 => Convert<Half, float>(static value => (float)value),
        StateTensorType.BFloat16 => Convert<ushort, float>(static value => BitConverter.UInt32BitsToSingle((uint)value << 16)),
        _ => throw new StateDictException($"A tensor of {Type} cannot be read as Float32."),
    };

    /// <summary>The values of a tensor of integers or truth values.</summary>
    /// <exception cref="StateDictException">The tensor holds floating-point numbers, or a number beyond the range.</exception>
    public int[] ToInt32() => Type switch
    {
        StateTensorType.Int32 => Values<int>().ToArray(),
        StateTensorType.Bool or StateTensorType.UInt8 => Convert<byte, int>(static value => value),
        StateTensorType.Int8 => Convert<sbyte, int>(static value => value),
        StateTensorType.Int16 => Convert<short, int>(static value => value),
        StateTensorType.UInt16 => Convert<ushort, int>(static value => value),
        StateTensorType.UInt32 => Convert<uint, int>(static value => checked((int)value)),
        StateTensorType.Int64 => Convert<long, int>(static value => checked((int)value)),
        StateTensorType.UInt64 => Convert<ulong, int>(static value => checked((int)value)),
        _ => throw new StateDictException($"A tensor of {Type} cannot be read as Int32."),
    };

    /// <inheritdoc cref="ToInt32"/>
    public long[] ToInt64() => Type switch
    {
        StateTensorType.Int64 => Values<long>().ToArray(),
        StateTensorType.UInt32 => Convert<uint, long>(static value => value),
        StateTensorType.UInt64 => Convert<ulong, long>(static value => checked((long)value)),
        StateTensorType.Float16 or StateTensorType.BFloat16 or StateTensorType.Float32 or StateTensorType.Float64 =>
            throw new StateDictException($"A tensor of {Type} cannot be read as Int64."),
        _ => Array.ConvertAll(ToInt32(), static value => (long)value),
    };

    /// <summary>"Float32[2, 3]".</summary>
    public override string ToString() => $"{Type}[{string.Join(", ", _shape)}]";

    private static StateTensor From<T>(StateTensorType type, ReadOnlySpan<T> values, ReadOnlySpan<long> shape)
        where T : unmanaged => new(type, shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray());

    private ReadOnlySpan<T> Values<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Data.Span);

    private TTo[] Convert<TFrom, TTo>(Func<TFrom, TTo> conversion)
        where TFrom : unmanaged
    {
        ReadOnlySpan<TFrom> values = Values<TFrom>();
        TTo[] result = new TTo[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            try
            {
                result[i] = conversion(values[i]);
            }
            catch (OverflowException)
            {
                throw new StateDictException($"Element {i} is {values[i]}, which is beyond {typeof(TTo).Name}.");
            }
        }

        return result;
    }
}
