namespace PoUW.Network.Requests;

/// <summary>What a peer gave of what it was asked for.</summary>
/// <param name="Found">What it gave; null for nothing.</param>
/// <param name="IsBusy">True if it gave nothing now, and may later.</param>
internal readonly record struct HedgedAnswer<T>(T? Found, bool IsBusy = false)
    where T : struct;
