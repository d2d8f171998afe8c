using System.Runtime.CompilerServices;

namespace PoUW.Core.Notifications;

/// <summary>
/// The reader of one subscriber. Reading takes nothing from the log; <see cref="Finish"/> does. Steps are loaded when they are read, one at a
/// time, so a subscriber that is far behind costs no memory. One thread reads at a time; the rest may be called from any thread. Disposing it
/// ends the reading; the subscriber keeps its place and goes on holding what it has not finished.
/// </summary>
public sealed class ChainSubscription : IDisposable
{
    private readonly NotificationLog _log;
    private readonly Subscriber _subscriber;

    internal ChainSubscription(NotificationLog log, Subscriber subscriber, bool isNew)
    {
        (_log, _subscriber) = (log, subscriber);
        IsNew = isNew;
    }

    /// <summary>The subscriber's name.</summary>
    public string Name => _subscriber.Name;

    /// <summary>
    /// True if this store did not know the subscriber. A host that comes with data of its own has then lost the store it followed, and must
    /// build them anew: the sequence numbers are others.
    /// </summary>
    public bool IsNew { get; }

    /// <summary>The tip after the last finished step. Its height is the subscriber's finished height.</summary>
    public ChainPoint Finished => _log.FinishedOf(_subscriber);

    /// <summary>The next step, or null if there is none yet.</summary>
    /// <exception cref="ObjectDisposedException">The reader was disposed, or the subscriber removed.</exception>
    /// <exception cref="Chain.ChainException">The log is damaged.</exception>
    public ChainNotification? TryRead() => _log.TryRead(_subscriber, this);

    /// <summary>The next step, waiting for it.</summary>
    /// <exception cref="ObjectDisposedException">The reader was disposed, or the subscriber removed.</exception>
    public async ValueTask<ChainNotification> ReadAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            // Taken before looking, so that what comes in between ends it.
            Task changed = _log.Changed;
            if (TryRead() is { } notification)
            {
                return notification;
            }

            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>All steps, for ever.</summary>
    public async IAsyncEnumerable<ChainNotification> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        while (true)
        {
            yield return await ReadAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reports that everything up to a step is done with, durably: what only this subscriber held back may be pruned. Costs a durable write, so
    /// report every so many steps. A step that was reported before changes nothing.
    /// </summary>
    /// <param name="sequence">The number of a step that was read.</param>
    /// <returns>False if the subscriber was dropped after it read the step: nothing is reported, and it reads a mark next.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The step was not read.</exception>
    /// <exception cref="ObjectDisposedException">The reader was disposed, or the subscriber removed.</exception>
    /// <exception cref="Storage.StoreException">Nothing is reported.</exception>
    public bool Finish(ulong sequence) => _log.Finish(_subscriber, this, sequence);

    /// <inheritdoc/>
    public void Dispose() => _log.Close(_subscriber, this);
}
