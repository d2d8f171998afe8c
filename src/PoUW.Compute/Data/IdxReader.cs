using System.Buffers.Binary;
using System.IO.Compression;
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
    private const byte GzipFirst = 0x1F;
    private const byte GzipSecond = 0x8B;

    /// <summary>Reads one file.</summary>
    public static ValidationResult TryRead(string path, DataLimits limits, out IdxFile? file)
    {
        file = null;
        string name = Path.GetFileName(path);
        byte[] bytes;
        try
        {
            using FileStream stream = File.OpenRead(path);
            ValidationResult result = ReadAll(stream, name, limits, out bytes);
            if (!result.IsValid)
            {
                return result;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Bad(name, "content", e.Message);
        }

        return TryParse(bytes, name, limits, out file);
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
            return Bad(name, "magic", "the file does not start with the two zero bytes of IDX.");
        }

        if (bytes[2] != UnsignedByte)
        {
            return Bad(name, "type", $"element type 0x{bytes[2]:X2} is not supported, only unsigned bytes (0x08).");
        }

        int count = bytes[3];
        if (count is < 1 or > MaxDimensions || bytes.Length < 4 + (4 * count))
        {
            return Bad(name, "dimensions", $"{count} dimensions are announced in {bytes.Length} bytes; 1 to {MaxDimensions} are supported.");
        }

        int[] dimensions = new int[count];
        long total = 1;
        for (int i = 0; i < count; i++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 + (4 * i))..]);
            if (size < 1 || size > limits.MaxBytes || total * size > limits.MaxBytes)
            {
                return Bad(name, "dimensions", $"dimension {i} is {size}; the limit is {limits.MaxBytes} bytes in all.");
            }

            dimensions[i] = (int)size;
            total *= size;
        }

        ReadOnlySpan<byte> data = bytes[(4 + (4 * count))..];
        if (data.Length != total)
        {
            return Bad(name, "data", $"the dimensions announce {total} bytes, but there are {data.Length}.");
        }

        file = new IdxFile(dimensions, data.ToArray());
        return ValidationResult.Ok;
    }

    /// <summary>Reads a file of images and a file of their labels.</summary>
    public static ValidationResult TryReadDataset(
        string imagesPath, string labelsPath, DataLimits limits, out ImageClassificationDataset? dataset)
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

        if (images!.Dimensions.Count != 3)
        {
            return Bad(Path.GetFileName(imagesPath), "dimensions", $"images have 3 dimensions, not {images.Dimensions.Count}.");
        }

        if (labels!.Dimensions.Count != 1 || labels.Dimensions[0] != images.Dimensions[0])
        {
            return Bad(Path.GetFileName(labelsPath), "dimensions", $"there are {images.Dimensions[0]} images; the labels do not match.");
        }

        result = ImageClassificationDataset.CheckDimensions(images.Dimensions[0], images.Dimensions[1], images.Dimensions[2], limits);
        if (!result.IsValid)
        {
            return Bad(Path.GetFileName(imagesPath), result.Field, result.Message);
        }

        dataset = new ImageClassificationDataset(images.Dimensions[1], images.Dimensions[2], images.Data, labels.Data);
        return ValidationResult.Ok;
    }

    private static ValidationResult ReadAll(FileStream stream, string name, DataLimits limits, out byte[] bytes)
    {
        bytes = [];
        int first = stream.ReadByte();
        int second = stream.ReadByte();
        stream.Position = 0;
        using Stream source = first == GzipFirst && second == GzipSecond
            ? new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true)
            : stream;
        using MemoryStream content = new();
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = source.Read(buffer)) > 0)
        {
            if (content.Length + read > Math.Min(limits.MaxBytes, Array.MaxLength))
            {
                return ValidationResult.Fail(ValidationCode.TooLarge, "content", $"{name}: content: larger than {limits.MaxBytes} bytes.");
            }

            content.Write(buffer, 0, read);
        }

        bytes = content.ToArray();
        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(string file, string field, string message) =>
        ValidationResult.Fail(ValidationCode.Malformed, field, $"{file}: {field}: {message}");
}
