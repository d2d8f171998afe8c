using System.Buffers.Binary;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Reference;

/// <summary>A matrix of whole numbers; an fp32 element is the number whose 32 bits it has.</summary>
internal sealed class ReferenceTensor(TensorType type, int rows, int columns)
{
    private const int CanonicalNaN = 0x7FC00000;

    private readonly long[] _cells = new long[(long)rows * columns];

    public TensorType Type => type;

    public int Rows => rows;

    public int Columns => columns;

    public int Count => _cells.Length;

    public int Width { get; } = WidthOf(type);

    public long this[int index]
    {
        get => _cells[index];
        set => _cells[index] = value;
    }

    public long this[int row, int column]
    {
        get => _cells[At(row, column)];
        set => _cells[At(row, column)] = value;
    }

    public IEnumerable<long> Cells => _cells;

    public static int WidthOf(TensorType type) => type switch
    {
        TensorType.Int8 or TensorType.UInt8 => 1,
        TensorType.Int64 => 8,
        _ => 4,
    };

    public float F(int index) => BitConverter.Int32BitsToSingle((int)_cells[index]);

    public float F(int row, int column) => F(At(row, column));

    public void SetF(int index, float value) => _cells[index] = float.IsNaN(value) ? CanonicalNaN : BitConverter.SingleToInt32Bits(value);

    public void SetF(int row, int column, float value) => SetF(At(row, column), value);

    /// <summary>Stores a number modulo 2^32.</summary>
    public void Wrap(int index, long value) => _cells[index] = unchecked((int)value);

    public float[] RowOf(int row) => [.. Enumerable.Range(0, columns).Select(column => F(row, column))];

    public float[] ColumnOf(int column) => [.. Enumerable.Range(0, rows).Select(row => F(row, column))];

    public void Load(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < _cells.Length; i++)
        {
            ReadOnlySpan<byte> one = bytes.Slice(i * Width, Width);
            _cells[i] = type switch
            {
                TensorType.Int8 => unchecked((sbyte)one[0]),
                TensorType.UInt8 => one[0],
                TensorType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(one),
                _ => BinaryPrimitives.ReadInt32LittleEndian(one),
            };
        }
    }

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[_cells.Length * Width];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)((_cells[i / Width] >> (8 * (i % Width))) & 0xFF);
        }

        return bytes;
    }

    private int At(int row, int column) => (row * columns) + column;
}
