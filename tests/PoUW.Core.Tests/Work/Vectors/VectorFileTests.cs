using System.Diagnostics;
using System.Text.Json;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>
/// The files under tests/vectors/tile-work: the oracle gives them, the types that the node runs give them, and a second implementation in
/// Python does. After a deliberate change run the tests once with the environment variable POUW_UPDATE_VECTORS=1 and review the difference.
/// </summary>
public sealed class VectorFileTests
{
    private const int PythonMilliseconds = 60_000;

    private static IEnumerable<string> Files => VectorTopic.All.Select(topic => topic.File);

    [TestCaseSource(nameof(Files))]
    public void TheOracleGivesTheFile(string file)
    {
        string text = VectorFile.Text(Topic(file));
        if (Environment.GetEnvironmentVariable("POUW_UPDATE_VECTORS") == "1")
        {
            File.WriteAllText(VectorFile.PathOf(file), text);
        }

        Assert.That(File.Exists(VectorFile.PathOf(file)), Is.True, "No file: run once with POUW_UPDATE_VECTORS=1.");
        Assert.That(text.Split('\n'), Is.EqualTo(File.ReadAllText(VectorFile.PathOf(file)).ReplaceLineEndings("\n").Split('\n')));
    }

    [TestCaseSource(nameof(Files))]
    public void TheFastTypesGiveTheFile(string file)
    {
        IReadOnlyList<JsonElement> vectors = VectorFile.Read(file);
        Assert.That(vectors, Is.Not.Empty);
        foreach (JsonElement vector in vectors)
        {
            Topic(file).Check(vector);
        }
    }

    [Test]
    public void NamesAreUniqueAndNoFileIsLeftOver()
    {
        Assert.That(Directory.EnumerateFiles(VectorFile.Folder(), "*.json").Select(Path.GetFileNameWithoutExtension), Is.EquivalentTo(Files));
        foreach (string file in Files)
        {
            Assert.That(VectorFile.Read(file).Select(v => v.GetProperty("name").GetString()), Is.Unique, file);
        }
    }

    [Test]
    public void TheSecondImplementationGivesTheFiles()
    {
        ProcessStartInfo start = new("python3", [Path.Combine(VectorFile.Folder(), "check.py")]) { RedirectStandardOutput = true };
        using Process? python = Start(start);
        if (python is null)
        {
            Assert.Ignore("There is no python3 on this machine; the vectors were checked by the two implementations in C# only.");
        }

        string output = python!.StandardOutput.ReadToEnd();
        Assert.That(python.WaitForExit(PythonMilliseconds), Is.True, "check.py does not end.");
        Assert.That(python.ExitCode, Is.Zero, output);
        Assert.That(output, Does.Contain($"{Files.Sum(file => VectorFile.Read(file).Count)} vectors"));
    }

    private static VectorTopic Topic(string file) => VectorTopic.All.Single(topic => topic.File == file);

    private static Process? Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // Not installed: the caller says so.
        }
    }
}
