namespace PoUW.Core.Tests.Archive;

/// <summary>Progress that is heard on the thread that reports it, at once.</summary>
internal sealed class Direct<T>(Action<T> heard) : IProgress<T>
{
    public void Report(T value) => heard(value);
}
