using System.Text;
using PoUW.Compute.Data;
using PoUW.Compute.Data.Text;
using PoUW.Core.Validation;

namespace TrainLocally;

/// <summary>
/// Finds the text of a transformer and parts it. Held out is every tenth file, beginning with the first, in the ordinal order of the paths
/// below their folder, with '/' between names; of a single file, its last tenth. The vocabulary holds the characters of the training files and
/// U+FFFD, which stands for all others.
/// </summary>
internal static class TextSource
{
    private const int HeldOutEvery = 10;
    private const string Solution = "PoUW.Sdk.sln";

    private static readonly string[] Endings = [".cs", ".md", ".txt"];
    private static readonly string[] OwnEndings = [".cs", ".md"];
    private static readonly string[] Ignored = ["artifacts", "bin", "obj", ".git", "TestResults"];

    /// <summary>Training text and held-out text with one vocabulary.</summary>
    public static (TextCorpus Train, TextCorpus HeldOut, string Name) Load(IReadOnlyList<string> names)
    {
        (List<string> files, string name) = Find(names);
        List<string> train = [.. files.Where((_, index) => index % HeldOutEvery != 0)];
        if (files.Count == 1)
        {
            TextCorpus all = Read(files, new TextOptions { Vocabulary = VocabularyOf(files), Replacement = Rune.ReplacementChar });
            int kept = all.Count - (all.Count / HeldOutEvery);
            return (all.Slice(0, kept), all.Slice(kept, all.Count - kept), name);
        }

        TextOptions options = new() { Vocabulary = VocabularyOf(train), Replacement = Rune.ReplacementChar };
        return (Read(train, options), Read([.. files.Where((_, index) => index % HeldOutEvery == 0)], options), name);
    }

    private static CharVocabulary VocabularyOf(List<string> files) =>
        new(Read(files, TextOptions.Default).Vocabulary.Symbols.Select(symbol => new Rune(symbol)).Append(Rune.ReplacementChar));

    private static TextCorpus Read(List<string> files, TextOptions options)
    {
        ValidationResult result = TextCorpus.TryRead(files, options, DataLimits.Default, out TextCorpus? corpus);
        return result.IsValid ? corpus! : throw new SampleException($"--data: {result.Message}");
    }

    private static (List<string> Files, string Name) Find(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            string root = OwnRoot();
            return (InFolder(root, OwnEndings), "the sources and documents of this repository");
        }

        List<string> files = [];
        foreach (string name in names)
        {
            if (Directory.Exists(name))
            {
                files.AddRange(InFolder(name, Endings));
            }
            else
            {
                files.Add(File.Exists(name) ? name : throw new SampleException($"--data: there is no file and no folder '{name}'."));
            }
        }

        return (files, string.Join(", ", names));
    }

    private static List<string> InFolder(string folder, string[] endings)
    {
        List<string> files = [.. Files(new DirectoryInfo(folder), endings)];
        return files.Count > 0
            ? [.. files.OrderBy(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), StringComparer.Ordinal)]
            : throw new SampleException($"--data: the folder '{folder}' has no file that ends with {string.Join(", ", endings)}.");
    }

    private static IEnumerable<string> Files(DirectoryInfo folder, string[] endings) => folder.EnumerateFiles()
        .Where(file => endings.Contains(file.Extension) && file.Length > 0).Select(file => file.FullName)
        .Concat(folder.EnumerateDirectories().Where(child => !Ignored.Contains(child.Name) && child.LinkTarget is null)
            .SelectMany(child => Files(child, endings)));

    /// <summary>The folder of the solution, above the program or above the current folder.</summary>
    private static string OwnRoot()
    {
        foreach (string start in (string[])[AppContext.BaseDirectory, Environment.CurrentDirectory])
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, Solution)))
                {
                    return folder.FullName;
                }
            }
        }

        throw new SampleException($"--data is not given, and neither the program nor the current folder is in the repository ({Solution}).");
    }
}
