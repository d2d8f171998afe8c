namespace PoUW.Storage.LiteDb;

/// <summary>
/// The log. LiteDB writes it on a thread of its own that cannot stand a failure (the caller would wait for ever), so a failure is kept here
/// and everything after it is left out; <see cref="Sync"/>, which comes before the database file is touched, reports it.
/// </summary>
internal sealed class LogFile(FileStream file) : SyncedFile(file, static () => { })
{
    private volatile Exception? _failure;

    /// <summary>True if something could not be written, so nothing is any more.</summary>
    internal bool HasFailed => _failure is not null;

    /// <summary>Makes the log useless: nothing more is written, and it never syncs again.</summary>
    internal void Poison(Exception reason) => _failure ??= reason;

    /// <summary>Brings the log to the disk.</summary>
    /// <exception cref="IOException">Something of the log could not be written.</exception>
    internal void Sync()
    {
        Flush();
        Check();
    }

    /// <summary>Reports the failure that was kept.</summary>
    /// <exception cref="IOException">Something of the log could not be written.</exception>
    internal void Check()
    {
        if (_failure is { } failure)
        {
            throw new IOException(failure.Message, failure.HResult);
        }
    }

    public override void Flush() => Try(() => base.Flush());

    public override void Write(byte[] buffer, int offset, int count) => Try(() => base.Write(buffer, offset, count));

    public override void SetLength(long value) => Try(() => base.SetLength(value));

    private void Try(Action change)
    {
        if (_failure is null)
        {
            try
            {
                change();
            }
            catch (Exception failure)
            {
                _failure = failure;
            }
        }
    }
}
