using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// The file beside an open database that says which log is whole: its length and SHA-256, written after the log was synced and before the
/// database file is touched. Pages of LiteDB's log have no checksum; without a seal that fits, a log is the rest of a batch that nobody was
/// told of, and nothing of it is in the database file. A database that was closed cleanly has no seal.
/// </summary>
internal sealed class LogSeal(FileStream file) : IDisposable
{
    private const int Bytes = sizeof(long) + SHA256.HashSizeInBytes;

    /// <summary>Says that the log is whole.</summary>
    internal void Write(LogFile log)
    {
        byte[] seal = new byte[Bytes];
        long length = log.Length;
        BinaryPrimitives.WriteInt64LittleEndian(seal, length);
        log.Digest(length).CopyTo(seal, sizeof(long));
        file.Position = 0;
        file.Write(seal);
        file.Flush(flushToDisk: true);
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

    public void Dispose() => file.Dispose();
}
