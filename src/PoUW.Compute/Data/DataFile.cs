using System.IO.Compression;
using PoUW.Core.Validation;

namespace PoUW.Compute.Data;

/// <summary>Reads files of data, plain or in gzip, within a limit of unpacked bytes. Messages start with the file's name.</summary>
internal static class DataFile
{
    private const byte GzipFirst = 0x1F;
    private const byte GzipSecond = 0x8B;

    /// <summary>Gives the unpacked content to a reader; what goes wrong with the file itself becomes a result.</summary>
    public static ValidationResult TryRead(string path, DataLimits limits, Func<Stream, string, ValidationResult> read)
    {
        string name = Path.GetFileName(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            int first = file.ReadByte();
            int second = file.ReadByte();
            file.Position = 0;
            bool packed = first == GzipFirst && second == GzipSecond;
            using Stream source = packed ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : file;
            BoundedStream content = new(source, limits.MaxArrayBytes);
            ValidationResult result = read(content, name);
            return content.IsExceeded
                ? ValidationResult.Fail(ValidationCode.TooLarge, "content", $"{name}: content: larger than {limits.MaxArrayBytes} bytes.")
                : result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Bad(name, "content", e.Message);
        }
    }

    /// <summary>Reads a whole file.</summary>
    public static ValidationResult TryReadAll(string path, DataLimits limits, out byte[] bytes)
    {
        byte[] content = [];
        ValidationResult result = TryRead(path, limits, (stream, _) =>
        {
            using MemoryStream memory = new();
            stream.CopyTo(memory);
            content = memory.ToArray();
            return ValidationResult.Ok;
        });
        bytes = result.IsValid ? content : [];
        return result;
    }

    /// <summary>"file: field: message".</summary>
    public static ValidationResult Bad(string file, string field, string message, ValidationCode code = ValidationCode.Malformed) =>
        ValidationResult.Fail(code, field, $"{file}: {field}: {message}");
}
