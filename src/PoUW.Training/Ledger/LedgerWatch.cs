namespace PoUW.Training.Ledger;

/// <summary>Ends work whose reason is gone from the head state: a lease that is over, a draw that a reorganisation undid.</summary>
internal static class LedgerWatch
{
    /// <summary>Cancels <paramref name="work"/> as soon as <paramref name="isWanted"/> is false; returns then, or when it was cancelled elsewhere.</summary>
    public static async Task CancelWhenUnwantedAsync(ILedgerAccess ledger, Func<LedgerView, bool> isWanted, CancellationTokenSource work)
    {
        try
        {
            LedgerView view = ledger.View;
            while (isWanted(view))
            {
                await ledger.WaitForChangeAsync(view.Version, work.Token);
                view = ledger.View;
            }

            await work.CancelAsync();
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            // The work ended before its reason did.
        }
    }
}
