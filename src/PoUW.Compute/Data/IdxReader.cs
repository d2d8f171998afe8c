using System.Buffers.Binary;
using PoUW.Core.Validation;

namespace PoUW.Compute.Data;

/// <summary>
/// Reads IDX files, the format of MNIST and Fashion-MNIST (LeCun, Cortes, Burges), plain or in gzip. Only unsigned bytes are supported.
/// Messages name the file and the field.
/// </summary>
public static class IdxReader
{
    private const byte UnsignedByte = 0x08;
    private const int MaxDimensions = 4;

    /// <summary>Reads one file.</summary>
    public static ValidationResult TryRead(string path, DataLimits limits, out IdxFile? file)
    {
        file = null;
        ValidationResult result = DataFile.TryReadAll(path, limits, out byte[] bytes);
        return result.IsValid ? TryParse(bytes, Path.GetFileName(path), limits, out file) : result;
    }

    /// <summary>Reads the decompressed bytes of a file.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="limits">Limits.</param>
    /// <param name="file">The content.</param>
    public static ValidationResult TryParse(ReadOnlySpan<byte> bytes, string name, DataLimits limits, out IdxFile? file)
    {
        file = null;
        if (bytes.Length < 4 || bytes[0] != 0 || bytes[1] != 0)
        {
            return DataFile.Bad(name, "magic", "the file does not start with the two zero bytes of IDX.");
        }

        if (bytes[2] != UnsignedByte)
        {
            return DataFile.Bad(name, "type", $"element type 0x{bytes[2]:X2} is not supported, only unsigned bytes (0x08).");
        }

        int count = bytes[3];
        if (count is < 1 or > MaxDimensions || bytes.Length < 4 + (4 * count))
        {
            return DataFile.Bad(name, "dimensions", $"{count} dimensions are announced in {bytes.Length} bytes; 1 to {MaxDimensions} are supported.");
        }

        int[] dimensions = new int[count];
        long total = 1;
        for (int i = 0; i < count; i++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 + (4 * i))..]);
            if (size < 1 || size > limits.MaxArrayBytes / total)
            {
                return DataFile.Bad(name, "dimensions", $"dimension {i} is {size}; the limit is {limits.MaxArrayBytes} bytes in all.");
            }

            dimensions[i] = (int)size;
            total *= size;
        }

        ReadOnlySpan<byte> data = bytes[(4 + (4 * count))..];
        if (data.Length != total)
        {
            return DataFile.Bad(name, "data", $"the dimensions announce {total} bytes, but there are {data.Length}.");
        }

        file = new IdxFile(dimensions, data.ToArray());
        return ValidationResult.Ok;
    }

    /// <summary>
    /// Reads a file of images and a file of their labels as the columns of <see cref="ImageDatasets"/>. Three dimensions are grey images,
    /// four are samples, rows, columns and channels.
    /// </summary>
    public static ValidationResult TryReadDataset(string imagesPath, string labelsPath, DataLimits limits, out Dataset? dataset)
    {
        dataset = null;
        ValidationResult result = TryRead(imagesPath, limits, out IdxFile? images);
        if (!result.IsValid)
        {
            return result;
        }

        result = TryRead(labelsPath, limits, out IdxFile? labels);
        if (!result.IsValid)
        {
            return result;
        }

        string imagesName = Path.GetFileName(imagesPath);
        IReadOnlyList<int> sizes = images!.Dimensions;
        if (sizes.Count is not (3 or 4))
        {
            return DataFile.Bad(imagesName, "dimensions", $"images have 3 dimensions, in colour 4, not {sizes.Count}.");
        }

        if (labels!.Dimensions.Count != 1 || labels.Dimensions[0] != sizes[0])
        {
            return DataFile.Bad(Path.GetFileName(labelsPath), "dimensions", $"there are {sizes[0]} images; the labels do not match.");
        }

        DatasetColumn column = ImageDatasets.ImageColumn(sizes[1], sizes[2], sizes.Count == 4 ? sizes[3] : 1);
        result = Dataset.CheckSize([column, ImageDatasets.LabelColumn], sizes[0], limits);
        if (!result.IsValid)
        {
            return DataFile.Bad(imagesName, result.Field, result.Message, result.Code);
        }

        dataset = Dataset.FromColumns([(column, images.Data), (ImageDatasets.LabelColumn, labels.Data)]);
        return ValidationResult.Ok;
    }
}
