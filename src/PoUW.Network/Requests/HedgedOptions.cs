namespace PoUW.Network.Requests;

/// <summary>How several peers are asked for the same thing.</summary>
/// <param name="Delay">After this time without an answer the next peer is asked, too.</param>
/// <param name="MaxOpen">So many requests are open at once: each may bring the whole answer, and they share one downlink.</param>
internal sealed record HedgedOptions(TimeSpan Delay, int MaxOpen)
{
    /// <summary>A peer that is busy is asked again after this time, which doubles with each such answer up to <see cref="MaxBusyPause"/>.</summary>
    internal TimeSpan BusyPause { get; init; }

    /// <summary>The longest such pause.</summary>
    internal TimeSpan MaxBusyPause => 8 * BusyPause;

    /// <summary>A peer is asked again for so long after it was asked first; zero for never.</summary>
    internal TimeSpan BusyPatience { get; init; }
}
