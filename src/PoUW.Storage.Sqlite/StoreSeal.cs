namespace PoUW.Storage.Sqlite;

/// <summary>
/// What a store says about itself after a batch: enough to notice, without any page of it, that pairs or batches went missing.
/// </summary>
/// <param name="Sequence">How many batches were applied.</param>
/// <param name="Pairs">How many pairs there are.</param>
/// <param name="Digest">Sum of <see cref="PairChecksum.Fingerprint"/> over all pairs, modulo 2^64.</param>
internal readonly record struct StoreSeal(ulong Sequence, ulong Pairs, ulong Digest)
{
    /// <summary>The seal after one more pair.</summary>
    internal StoreSeal With(ulong fingerprint) => this with { Pairs = unchecked(Pairs + 1), Digest = unchecked(Digest + fingerprint) };

    /// <summary>The seal after one pair less. Wraps, since a damaged store can lose more pairs than it knows of.</summary>
    internal StoreSeal Without(ulong fingerprint) => this with { Pairs = unchecked(Pairs - 1), Digest = unchecked(Digest - fingerprint) };
}
