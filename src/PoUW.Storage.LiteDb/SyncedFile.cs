using System.Security.Cryptography;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// A file for LiteDB that knows what is on the disk. <paramref name="before"/> is called before the first change after a sync. LiteDB
/// serialises the calls that move the position; syncs come from any thread.
/// </summary>
internal class SyncedFile(FileStream file, Action before) : Stream
{
    private readonly Lock _gate = new();
    private bool _dirty;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    /// <summary>Brings all changes to the disk; cheap if there are none.</summary>
    public override void Flush()
    {
        lock (_gate)
        {
            if (_dirty)
            {
                file.Flush(flushToDisk: true);
                _dirty = false;
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => file.Read(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void SetLength(long value)
    {
        lock (_gate)
        {
            Change();
            file.SetLength(value);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_gate)
        {
            Change();
            try
            {
                file.Write(buffer, offset, count);
            }
            catch (ArgumentOutOfRangeException failure)
            {
                // What .NET makes of EFBIG: the file may not become so long here.
                throw new IOException(failure.Message, LiteDbStoreException.TooLong);
            }
        }
    }

    /// <summary>SHA-256 of the first bytes of the file.</summary>
    internal byte[] Digest(long length)
    {
        byte[] page = new byte[8192];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < length;)
        {
            int read = RandomAccess.Read(file.SafeFileHandle, page.AsSpan(0, (int)Math.Min(page.Length, length - at)), at);
            if (read == 0)
            {
                break;
            }

            hash.AppendData(page.AsSpan(0, read));
            at += read;
        }

        return hash.GetHashAndReset();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Change()
    {
        if (!_dirty)
        {
            before();
            _dirty = true;
        }
    }
}
