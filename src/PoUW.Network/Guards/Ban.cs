namespace PoUW.Network.Guards;

/// <summary>One ban, for people and logs.</summary>
/// <param name="Target">Who or what: <c>peer/…</c>, <c>ip/…</c> or <c>subnet/…</c>.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Reason">Why, at most <see cref="BanList.MaxReasonLength"/> characters.</param>
public sealed record Ban(string Target, DateTimeOffset Until, string Reason);
