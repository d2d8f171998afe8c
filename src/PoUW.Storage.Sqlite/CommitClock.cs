namespace PoUW.Storage.Sqlite;

/// <summary>
/// Tells readers whether the read transaction that they have open still sees the newest batch: a number that is odd while a commit runs
/// and another one after each. Opening a transaction costs several system calls, so a reader keeps one while the number stays.
/// </summary>
internal sealed class CommitClock
{
    private long _stamp;

    /// <param name="canTell">False if others commit too: then no transaction may be kept.</param>
    internal CommitClock(bool canTell) => _stamp = canTell ? 0 : 1;

    /// <summary>The number now. A transaction that began under an odd one must not be kept.</summary>
    internal long Stamp => Volatile.Read(ref _stamp);

    /// <summary>Called before a commit starts and after it ended.</summary>
    internal void Advance() => Interlocked.Increment(ref _stamp);
}
