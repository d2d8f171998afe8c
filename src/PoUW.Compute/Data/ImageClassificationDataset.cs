using System.Buffers.Binary;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data;

/// <summary>
/// Grey images with one label byte each, immutable. The identity is <see cref="Root"/>: a Merkle tree over records (pixel bytes, then
/// the label byte) with leaf SHA-256(0x00 || record) and node SHA-256(0x01 || left || right).
/// </summary>
public sealed class ImageClassificationDataset
{
    private const uint Magic = 0x31494350; // "PCI1" little-endian
    private const int HeaderBytes = 16;
    private const int PixelShift = 2;

    private readonly byte[] _records;
    private readonly Lazy<Hash256> _root;

    /// <summary>Creates a set from images, one after the other, and their labels. Both are copied.</summary>
    /// <exception cref="ArgumentException">The lengths do not match, or there is nothing.</exception>
    public ImageClassificationDataset(int rows, int columns, ReadOnlySpan<byte> images, ReadOnlySpan<byte> labels)
        : this(rows, columns, Join(rows * columns, images, labels))
    {
    }

    private ImageClassificationDataset(int rows, int columns, byte[] records)
    {
        (Rows, Columns, _records) = (rows, columns, records);
        Count = records.Length / RecordBytes;
        _root = new Lazy<Hash256>(ComputeRoot);
    }

    /// <summary>Samples.</summary>
    public int Count { get; }

    /// <summary>Rows of an image.</summary>
    public int Rows { get; }

    /// <summary>Columns of an image.</summary>
    public int Columns { get; }

    /// <summary>Pixels of an image.</summary>
    public int Pixels => Rows * Columns;

    /// <summary>The Merkle root over all records. Computed once, on first use.</summary>
    public Hash256 Root => _root.Value;

    private int RecordBytes => Pixels + 1;

    /// <summary>Pixels of a sample, then its label.</summary>
    public ReadOnlySpan<byte> Record(int index) => _records.AsSpan(index * RecordBytes, RecordBytes);

    /// <summary>The pixels of a sample, row by row.</summary>
    public ReadOnlySpan<byte> Image(int index) => Record(index)[..Pixels];

    /// <summary>The label of a sample.</summary>
    public byte Label(int index) => _records[((index + 1) * RecordBytes) - 1];

    /// <summary>The first samples as a set of their own.</summary>
    public ImageClassificationDataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new ImageClassificationDataset(Rows, Columns, _records.AsSpan(0, Math.Min(count, Count) * RecordBytes).ToArray());
    }

    /// <summary>The images as machine input: Int8, one a row, pixel / 4 (0 to 63).</summary>
    public Tensor ToImageTensor()
    {
        Tensor tensor = new(TensorType.Int8, Count, Pixels);
        Span<sbyte> target = tensor.Int8;
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<byte> image = Image(i);
            Span<sbyte> row = target.Slice(i * Pixels, Pixels);
            for (int p = 0; p < image.Length; p++)
            {
                row[p] = (sbyte)(image[p] >> PixelShift);
            }
        }

        return tensor;
    }

    /// <summary>The labels as machine input: UInt8, one a row.</summary>
    public Tensor ToLabelTensor()
    {
        Tensor tensor = new(TensorType.UInt8, Count, 1);
        for (int i = 0; i < Count; i++)
        {
            tensor.UInt8[i] = Label(i);
        }

        return tensor;
    }

    /// <summary>The canonical bytes: magic "PCI1", count, rows, columns (4 bytes little-endian each), then the records.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[HeaderBytes + _records.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Rows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Columns);
        _records.CopyTo(bytes, HeaderBytes);
        return bytes;
    }

    /// <summary>Decodes the canonical bytes. Compare <see cref="Root"/> with the one that is expected afterwards.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, DataLimits limits, out ImageClassificationDataset? dataset)
    {
        dataset = null;
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "magic", "The bytes do not start with the header of a data set.");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        uint rows = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        uint columns = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        ValidationResult result = CheckDimensions(count, rows, columns, limits);
        if (!result.IsValid)
        {
            return result;
        }

        long expected = HeaderBytes + (count * ((long)rows * columns + 1));
        if (bytes.Length != expected)
        {
            return ValidationResult.Fail(
                ValidationCode.Malformed, "records", $"The header announces {expected} bytes, but there are {bytes.Length}.");
        }

        dataset = new ImageClassificationDataset((int)rows, (int)columns, bytes[HeaderBytes..].ToArray());
        return ValidationResult.Ok;
    }

    /// <summary>Checks dimensions against the limits.</summary>
    internal static ValidationResult CheckDimensions(long count, long rows, long columns, DataLimits limits)
    {
        if (count < 1 || count > limits.MaxSamples)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, "count", $"A data set has 1 to {limits.MaxSamples} samples, not {count}.");
        }

        if (rows < 1 || columns < 1 || rows > limits.MaxPixels || columns > limits.MaxPixels || rows * columns > limits.MaxPixels)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, "dimensions", $"An image has 1 to {limits.MaxPixels} pixels, not {rows} x {columns}.");
        }

        return count * ((rows * columns) + 1) <= limits.MaxBytes
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.TooLarge, "count", $"The data set is larger than {limits.MaxBytes} bytes.");
    }

    private static byte[] Join(int pixels, ReadOnlySpan<byte> images, ReadOnlySpan<byte> labels)
    {
        if (pixels < 1 || labels.IsEmpty || images.Length != (long)pixels * labels.Length)
        {
            throw new ArgumentException($"{labels.Length} labels need {(long)pixels * labels.Length} pixels, not {images.Length}.", nameof(images));
        }

        byte[] records = new byte[(pixels + 1) * labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            Span<byte> record = records.AsSpan(i * (pixels + 1), pixels + 1);
            images.Slice(i * pixels, pixels).CopyTo(record);
            record[pixels] = labels[i];
        }

        return records;
    }

    private Hash256 ComputeRoot()
    {
        MerkleAccumulator tree = new();
        for (int i = 0; i < Count; i++)
        {
            tree.Add(Record(i));
        }

        return tree.Root();
    }
}
