namespace PoUW.Compute.Tests.StateDicts;

/// <summary>A folder for the files of one test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pouw-files-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
