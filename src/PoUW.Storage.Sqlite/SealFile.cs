using System.Buffers.Binary;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The file "-seal" beside the database: 64 bytes with the seal of the last acknowledged batch and whether the store was closed
/// cleanly. A log that loses its end reads as an older but whole database; only a witness outside of it can tell.
/// It is written in place after every commit and synced at opening and closing only: after a power failure it may name an older batch than
/// the last one, which tells less, but never a newer one, which would be a false alarm.
/// </summary>
internal sealed class SealFile : IDisposable
{
    private const int Size = 64;
    private const ulong Magic = 0x314C414553575550; // "PUWSEAL1"
    private const int ChecksumAt = Size - 4;

    private readonly FileStream _file;
    private readonly byte[] _buffer = new byte[Size];

    private SealFile(FileStream file) => _file = file;

    /// <summary>Why the file could not be written, or null. The store goes on: the seal guards it but is not part of it.</summary>
    internal string? Failure { get; private set; }

    internal static string PathOf(string database) => database + "-seal";

    /// <summary>Opens or creates the file for writing; the caller holds the store's lock.</summary>
    internal static SealFile Open(string database)
    {
        string path = PathOf(database);
        try
        {
            FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            return new SealFile(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SqliteStoreException.OfFile(path, failure);
        }
    }

    /// <summary>What the file says: null where there is none yet, <paramref name="damaged"/> where it cannot be believed.</summary>
    internal static StoreSeal? Read(string database, out bool clean, out bool damaged)
    {
        clean = false;
        damaged = false;
        byte[] content;
        try
        {
            using FileStream file = new(PathOf(database), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            content = new byte[Math.Min(file.Length, Size)];
            file.ReadExactly(content);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SqliteStoreException.OfFile(PathOf(database), failure);
        }

        // Created, but the process ended before the first write.
        if (content.Length == 0)
        {
            return null;
        }

        damaged = content.Length != Size
            || BinaryPrimitives.ReadUInt64LittleEndian(content) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(ChecksumAt)) != PairChecksum.Of(content.AsSpan(0, ChecksumAt));
        if (damaged)
        {
            return null;
        }

        clean = content[8] != 0;
        return new StoreSeal(Number(content, 16), Number(content, 24), Number(content, 32));
    }

    /// <summary>Writes the seal. A failure is kept in <see cref="Failure"/>, since the batch that it follows is committed.</summary>
    internal void Write(StoreSeal seal, bool clean, bool sync)
    {
        _buffer.AsSpan().Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer, Magic);
        _buffer[8] = clean ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(16), seal.Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(24), seal.Pairs);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(32), seal.Digest);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(ChecksumAt), PairChecksum.Of(_buffer.AsSpan(0, ChecksumAt)));
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, _buffer, 0);
            if (sync)
            {
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
            }

            Failure = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Failure = failure.Message;
        }
    }

    public void Dispose() => _file.Dispose();

    private static ulong Number(byte[] content, int at) => BinaryPrimitives.ReadUInt64LittleEndian(content.AsSpan(at));
}
