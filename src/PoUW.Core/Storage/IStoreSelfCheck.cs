namespace PoUW.Core.Storage;

/// <summary>
/// A store that can look for damage in itself, below what its pairs mean. Members may be called from any thread. A store without it is
/// taken to give back what it was given.
/// </summary>
public interface IStoreSelfCheck
{
    /// <summary>True if the last writer closed the store and nothing happened to it since; otherwise <see cref="CheckIntegrity"/> is advisable.</summary>
    bool WasClosedCleanly { get; }

    /// <summary>Reads everything.</summary>
    /// <param name="progress">Told how many pairs were read.</param>
    /// <param name="cancellation">Breaks the check off.</param>
    /// <returns>Sentences that say what is wrong; empty if nothing is.</returns>
    /// <exception cref="OperationCanceledException">It was broken off.</exception>
    /// <exception cref="StoreException">The store could not be read for another reason than damage.</exception>
    IReadOnlyList<string> CheckIntegrity(IProgress<long>? progress = null, CancellationToken cancellation = default);
}
