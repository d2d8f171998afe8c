namespace PoUW.Network.Tests.Support;

/// <summary>How long a test waits for something that must happen before it fails.</summary>
internal static class Deadline
{
    public static TimeSpan Limit => TimeSpan.FromSeconds(30);

    public static async Task<T> InTime<T>(this ValueTask<T> task) => await task.AsTask().WaitAsync(Limit);

    public static async Task InTime(this ValueTask task) => await task.AsTask().WaitAsync(Limit);

    public static async Task<T> InTime<T>(this Task<T> task) => await task.WaitAsync(Limit);

    public static async Task InTime(this Task task) => await task.WaitAsync(Limit);
}
