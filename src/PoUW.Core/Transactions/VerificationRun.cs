namespace PoUW.Core.Transactions;

/// <summary>
/// Items that several threads work off together. The one that asks takes part and waits only for items that others have begun, so it
/// ends even where no helper ever starts.
/// </summary>
internal sealed class VerificationRun
{
    private const int ItemsAtOnce = 4;

    private readonly ManualResetEventSlim _done = new(initialState: false);
    private readonly int _count;
    private readonly Action<int> _work;
    private int _next;
    private int _left;
    private Exception? _failure;

    /// <summary>Work on the items 0 to <paramref name="count"/> - 1; at least one.</summary>
    internal VerificationRun(int count, Action<int> work)
    {
        _count = count;
        _left = count;
        _work = work;
    }

    /// <summary>Takes items until none is left.</summary>
    internal void Take()
    {
        while (true)
        {
            int first = Interlocked.Add(ref _next, ItemsAtOnce) - ItemsAtOnce;
            if (first >= _count)
            {
                return;
            }

            int end = Math.Min(first + ItemsAtOnce, _count);
            TakeRange(first, end);
            if (Interlocked.Add(ref _left, first - end) == 0)
            {
                _done.Set();
            }
        }
    }

    /// <summary>Takes items until none is left, then waits for those that others have begun.</summary>
    internal void TakeAndWait()
    {
        Take();
        _done.Wait();
        if (_failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }
    }

    private void TakeRange(int first, int end)
    {
        try
        {
            for (int i = first; i < end; i++)
            {
                _work(i);
            }
        }
        catch (Exception failure)
        {
            // Thrown again on the thread that asked; the items count as done, so that it does not wait for ever.
            Interlocked.CompareExchange(ref _failure, failure, null);
        }
    }
}
