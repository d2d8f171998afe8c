namespace PoUW.Compute.Tests;

/// <summary>The data files of the repository.</summary>
internal static class SampleData
{
    public static string Path(string file)
    {
        DirectoryInfo? directory = new(TestContext.CurrentContext.TestDirectory);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory.FullName, "PoUW.Sdk.sln")))
        {
            directory = directory.Parent;
        }

        return System.IO.Path.Combine(directory!.FullName, "samples", "data", "fashion-mnist-10k", file);
    }
}
