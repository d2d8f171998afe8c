using PoUW.Network.Identity;

namespace PoUW.Network.Requests;

/// <summary>
/// Asks peers for the same thing, one after the other: the next when the ones before gave nothing, or when that takes long. The first answer ends
/// the other requests. Thread-safe.
/// </summary>
/// <param name="options">How many at once, and when.</param>
/// <param name="time">The clock.</param>
/// <param name="report">Hears how a request failed that was ended since another one brought the answer; must not throw.</param>
/// <param name="stopping">Ends everything.</param>
internal sealed class HedgedRequests(HedgedOptions options, TimeProvider time, Action<Exception> report, CancellationToken stopping)
{
    // Timers count whole milliseconds; without this a wait for less would end at once.
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(1);

    /// <summary>Asks until one gives something.</summary>
    /// <typeparam name="T">What is asked for.</typeparam>
    /// <param name="peers">Whom to ask, in this order.</param>
    /// <param name="askAsync">Asks one; null for nothing. It ends by its token, and has a deadline of its own.</param>
    /// <returns>Null if none gave it.</returns>
    /// <exception cref="OperationCanceledException">The token of the constructor was cancelled.</exception>
    public Task<T?> FirstAsync<T>(IEnumerable<PeerId> peers, Func<PeerId, CancellationToken, Task<T?>> askAsync)
        where T : struct => FirstAsync(peers, async (peer, end) => new HedgedAnswer<T>(await askAsync(peer, end)));

    /// <summary>Asks until one gives something; one that is busy holds nobody up and is asked again later.</summary>
    /// <typeparam name="T">What is asked for.</typeparam>
    /// <param name="peers">Whom to ask, in this order.</param>
    /// <param name="askAsync">Asks one. It ends by its token, and has a deadline of its own.</param>
    /// <returns>Null if none gave it.</returns>
    /// <exception cref="OperationCanceledException">The token of the constructor was cancelled.</exception>
    public async Task<T?> FirstAsync<T>(IEnumerable<PeerId> peers, Func<PeerId, CancellationToken, Task<HedgedAnswer<T>>> askAsync)
        where T : struct
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        List<HedgedSource> waiting = [.. peers.Select(peer => new HedgedSource(peer, options.BusyPause))];
        List<(Task<HedgedAnswer<T>> Answer, HedgedSource Source)> asked = [];
        try
        {
            while (waiting.Count > 0 || asked.Count > 0)
            {
                int next = waiting.FindIndex(source => source.Due <= time.GetTimestamp());
                if (next >= 0 && asked.Count < options.MaxOpen)
                {
                    HedgedSource source = waiting[next];
                    waiting.RemoveAt(next);
                    asked.Add((askAsync(source.Peer, done.Token), source with { Until = source.Until ?? In(options.BusyPatience) }));
                }

                if (await NextAsync(asked, asked.Count < options.MaxOpen ? waiting : []) is not { } ended)
                {
                    continue;
                }

                asked.Remove(ended);
                HedgedAnswer<T> answer = await ended.Answer;
                if (answer.Found is { } found)
                {
                    return found;
                }

                if (answer.IsBusy && ended.Source.Until > time.GetTimestamp())
                {
                    waiting.Add(Later(ended.Source));
                }
            }

            return null;
        }
        finally
        {
            done.Cancel();
            foreach ((Task<HedgedAnswer<T>> late, HedgedSource _) in asked)
            {
                await EndAsync(late, done.Token);
            }
        }
    }

    private HedgedSource Later(HedgedSource busy)
    {
        TimeSpan next = 2 * busy.Pause;
        return busy with { Due = In(busy.Pause), Pause = next < options.MaxBusyPause ? next : options.MaxBusyPause };
    }

    private long In(TimeSpan delay) => time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);

    /// <summary>Waits for an answer; null if another peer is to be asked first.</summary>
    private async Task<(Task<HedgedAnswer<T>> Answer, HedgedSource Source)?> NextAsync<T>(
        List<(Task<HedgedAnswer<T>> Answer, HedgedSource Source)> asked, List<HedgedSource> others)
        where T : struct
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task late = Task.Delay(WaitFor(others, asked.Count), time, ended.Token);
        Task first = await Task.WhenAny(asked.Select(static one => (Task)one.Answer).Append(late));
        ended.Cancel();
        stopping.ThrowIfCancellationRequested();
        return first == late ? null : asked.Find(one => one.Answer == first);
    }

    /// <summary>How long the answers that are open may take before one of the others is asked.</summary>
    private TimeSpan WaitFor(List<HedgedSource> others, int open)
    {
        if (others.Count == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        long now = time.GetTimestamp();
        TimeSpan due = time.GetElapsedTime(now, Math.Max(now, others.Min(static source => source.Due)));
        TimeSpan wait = due > TimeSpan.Zero ? due + Rounding : TimeSpan.Zero;
        return open > 0 && wait < options.Delay ? options.Delay : wait;
    }

    private async Task EndAsync(Task task, CancellationToken ended)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Another peer was first, or everything stops.
        }
        catch (Exception failure)
        {
            // The answer is there, or a failure that came before says more.
            report(failure);
        }
    }
}
