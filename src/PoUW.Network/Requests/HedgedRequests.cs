using PoUW.Network.Identity;

namespace PoUW.Network.Requests;

/// <summary>
/// Asks peers for the same thing, one after the other: the next when the ones before gave nothing, or when that takes long. The first answer ends
/// the other requests. Thread-safe.
/// </summary>
/// <param name="delay">After this time without an answer the next peer is asked, too.</param>
/// <param name="time">The clock.</param>
/// <param name="stopping">Ends everything.</param>
internal sealed class HedgedRequests(TimeSpan delay, TimeProvider time, CancellationToken stopping)
{
    /// <summary>Asks until one gives something.</summary>
    /// <typeparam name="T">What is asked for.</typeparam>
    /// <param name="peers">Whom to ask, in this order.</param>
    /// <param name="askAsync">Asks one; null for nothing. It ends by its token, and has a deadline of its own.</param>
    /// <returns>Null if none gave it.</returns>
    /// <exception cref="OperationCanceledException">The token of the constructor was cancelled.</exception>
    public async Task<T?> FirstAsync<T>(IEnumerable<PeerId> peers, Func<PeerId, CancellationToken, Task<T?>> askAsync)
        where T : struct
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Queue<PeerId> waiting = new(peers);
        List<Task<T?>> asked = [];
        try
        {
            while (waiting.Count > 0 || asked.Count > 0)
            {
                if (waiting.TryDequeue(out PeerId next))
                {
                    asked.Add(askAsync(next, done.Token));
                }

                if (await NextAsync(asked, hasMore: waiting.Count > 0) is { } found)
                {
                    return found;
                }
            }

            return null;
        }
        finally
        {
            done.Cancel();
            foreach (Task<T?> late in asked)
            {
                await EndAsync(late, done.Token);
            }
        }
    }

    /// <summary>Waits for an answer, or until another peer should be asked; takes out what has ended.</summary>
    private async Task<T?> NextAsync<T>(List<Task<T?>> asked, bool hasMore)
        where T : struct
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task late = Task.Delay(hasMore ? delay : Timeout.InfiniteTimeSpan, time, ended.Token);
        Task first = await Task.WhenAny(asked.Append<Task>(late));
        ended.Cancel();
        stopping.ThrowIfCancellationRequested();
        if (first == late)
        {
            return null;
        }

        Task<T?> answer = asked.First(task => task == first);
        asked.Remove(answer);
        return await answer;
    }

    private static async Task EndAsync(Task task, CancellationToken ended)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Another peer was first, or everything stops.
        }
    }
}
