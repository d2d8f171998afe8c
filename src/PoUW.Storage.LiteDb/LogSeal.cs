using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// The file beside an open database that says which log is whole: its length and SHA-256, written after the log was synced and before the
/// database file is touched. Pages of LiteDB's log have no checksum; under a seal that does not fit, a log is the rest of a batch that nobody
/// was told of, and nothing of it is in the database file. An empty seal says nothing: the store is closed, or just being opened, and a log is
/// LiteDB's own. A database that was closed and is known to be well has no seal.
/// </summary>
internal sealed class LogSeal(FileStream file) : IDisposable
{
    private const int Bytes = sizeof(long) + SHA256.HashSizeInBytes;

    /// <summary>True if the store was closed, or never opened: a log is LiteDB's own.</summary>
    internal bool SaysNothing => file.Length == 0;

    /// <summary>Says that the log is whole. A seal that may not be on the disk must not be found by whoever opens the files next.</summary>
    internal void Write(LogFile log)
    {
        byte[] seal = new byte[Bytes];
        (long length, long before) = (log.Length, file.Length);
        BinaryPrimitives.WriteInt64LittleEndian(seal, length);
        log.Digest(length).CopyTo(seal, sizeof(long));
        try
        {
            file.Position = 0;
            file.Write(seal);
            file.Flush(flushToDisk: true);
        }
        catch
        {
            file.SetLength(Math.Min(before, 1));
            throw;
        }
    }

    /// <summary>Cuts off what is not under the seal.</summary>
    internal void Apply(LogFile log)
    {
        byte[] seal = new byte[Bytes];
        file.Position = 0;
        int read = file.ReadAtLeast(seal, Bytes, throwOnEndOfStream: false);
        long length = BinaryPrimitives.ReadInt64LittleEndian(seal);
        bool whole = read == Bytes && length >= 0 && length <= log.Length && seal.AsSpan(sizeof(long)).SequenceEqual(log.Digest(length));
        log.SetLength(whole ? length : 0);
        log.Sync();
    }

    /// <summary>Covers no log. It is no seal and not empty, and needs no room on the disk.</summary>
    internal void Void() => Cut(1);

    /// <summary>Says nothing any more.</summary>
    internal void Clear() => Cut(0);

    public void Dispose() => file.Dispose();

    private void Cut(long length)
    {
        file.SetLength(length);
        file.Flush(flushToDisk: true);
    }
}
