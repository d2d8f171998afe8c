using System.Diagnostics;

namespace PoUW.Sdk.Tests.Packages;

/// <summary>
/// The only honest test of "embeddable": pack the packages, copy the minimal host out of the repository, build it against the packed
/// files alone, run it.
/// </summary>
[TestFixture]
public sealed class MinimalHostTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-minimal-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_minimal_host_builds_from_the_packages_and_trains()
    {
        string feed = Path.Combine(_folder, "feed");
        foreach (string project in Architecture.Packages.Names.Select(name => Repository.PathOf("src", name)))
        {
            Dotnet(Repository.Root, "pack", project, "-c", Repository.Configuration, "--no-build", "--no-restore", "-o", feed);
        }

        string host = Path.Combine(_folder, "host");
        CopyHost(host, feed);
        Dotnet(host, "build", "-c", "Release");
        string output = Dotnet(host, "run", "-c", "Release", "--no-build");

        Assert.That(output, Does.Contain("accuracy"));
        Assert.That(File.Exists(Path.Combine(host, "model.safetensors")), Is.True);
    }

    private static void CopyHost(string host, string feed)
    {
        Directory.CreateDirectory(host);
        foreach (string file in new[] { "Program.cs", "Minimal.csproj" })
        {
            File.Copy(Repository.PathOf("samples", "Minimal", file), Path.Combine(host, file));
        }

        // Outside the repository nothing is inherited; third-party packages come from the cache that the solution's restore filled.
        File.WriteAllText(Path.Combine(host, "Directory.Build.props"), "<Project />");
        File.WriteAllText(Path.Combine(host, "Directory.Packages.props"), "<Project />");
        File.WriteAllText(Path.Combine(host, "nuget.config"), $"""
            <?xml version="1.0" encoding="utf-8"?>
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><clear /><add key="packed" value="{feed}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="cache" value="{CacheFolder(host)}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    private static string CacheFolder(string folder)
    {
        string output = Dotnet(folder, "nuget", "locals", "global-packages", "--list", "--force-english-output");
        return output[(output.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string Dotnet(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"dotnet {string.Join(' ', arguments)}\n{output}\n{errors.Result}");
        return output;
    }
}
