using System.Collections;
using System.Reflection;
using LiteDB.Engine;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// The transactions of an engine that could not be ended. One that met damage throws when LiteDB disposes of it, and again in its finaliser, where
/// that ends the process. LiteDB has no public way to them.
/// </summary>
internal static class OpenTransactions
{
    private const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;

    /// <summary>Keeps finalisers from the transactions that are open. What they hold is memory only.</summary>
    internal static void NeverFinalise(LiteEngine engine)
    {
        object? monitor = typeof(LiteEngine).GetField("_monitor", Private)?.GetValue(engine);
        if (monitor?.GetType().GetField("_transactions", Private)?.GetValue(monitor) is not IDictionary transactions)
        {
            return;
        }

        lock (transactions)
        {
            foreach (object transaction in transactions.Values)
            {
                GC.SuppressFinalize(transaction);
            }
        }
    }
}
