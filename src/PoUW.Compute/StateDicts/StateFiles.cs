using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts;

/// <summary>Whole files on disk.</summary>
internal static class StateFiles
{
    /// <summary>Reads a file.</summary>
    public static ValidationResult TryRead(string path, long maxBytes, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        string name = Path.GetFileName(path);
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > Math.Min(maxBytes, Array.MaxLength))
            {
                return ValidationResult.Fail(
                    ValidationCode.TooLarge, name, $"The file has {stream.Length} bytes; the limit is {Math.Min(maxBytes, Array.MaxLength)}.");
            }

            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            bytes = content;
            return ValidationResult.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, name, $"The file cannot be read: {e.Message}");
        }
    }

    /// <summary>Writes a file beside its place and moves it there: it is complete or absent.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string partial = path + ".part";
        try
        {
            using (FileStream stream = new(partial, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
