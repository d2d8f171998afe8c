namespace PoUW.Compute.Tests.Support;

/// <summary>Measures what code allocates once it is warm.</summary>
internal static class SteadyState
{
    private const int Blocks = 8;

    /// <summary>
    /// The least number of bytes that a block of calls allocates on this thread. What the runtime allocates once, as when it compiles a
    /// method again, is in some blocks only; what the code allocates is in all.
    /// </summary>
    public static long LeastAllocation(int calls, Action call)
    {
        long least = long.MaxValue;
        for (int block = 0; block < Blocks; block++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < calls; i++)
            {
                call();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
