using System.Diagnostics.CodeAnalysis;

namespace PoUW.Compute.Data.Sources;

/// <summary>Looks for the files of data sets in folders of this machine. Immutable; what it finds is what is there at that moment.</summary>
public sealed class DatasetFinder
{
    /// <summary>Environment variable with more folders, separated as in PATH.</summary>
    public const string FoldersVariable = "POUW_DATA";

    // Where Debian's packages of data sets, such as dataset-fashion-mnist, put them.
    private const string DebianFolder = "/usr/share/datasets";

    /// <summary>Creates a finder.</summary>
    /// <param name="folders">Where to look, in this order.</param>
    public DatasetFinder(IEnumerable<string> folders) => Folders = [.. folders.Where(folder => folder.Length > 0)];

    /// <summary>Where this finder looks.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>The folder in which downloads of this user are kept.</summary>
    public static string CacheFolder { get; } =
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "pouw");

    /// <summary>
    /// A finder that looks in given folders, then in those of <see cref="FoldersVariable"/>, then where Debian's packages put data sets,
    /// then in <see cref="CacheFolder"/>.
    /// </summary>
    public static DatasetFinder Standard(params IEnumerable<string> folders)
    {
        string[] named = Environment.GetEnvironmentVariable(FoldersVariable)?.Split(Path.PathSeparator, StringSplitOptions.TrimEntries) ?? [];
        return new DatasetFinder([.. folders, .. named, DebianFolder, CacheFolder]);
    }

    /// <summary>
    /// Looks for the files of a data set, which must all be in the folder of its name in one of <see cref="Folders"/>. A file may have the
    /// ending ".gz" in addition.
    /// </summary>
    /// <param name="dataset">Name of the data set, such as "fashion-mnist"; empty if the files lie in one of the folders itself.</param>
    /// <param name="files">Names of the files, without ".gz".</param>
    /// <param name="paths">Their paths, in the same order.</param>
    public bool TryFind(string dataset, IReadOnlyList<string> files, [NotNullWhen(true)] out string[]? paths)
    {
        foreach (string folder in Folders.Select(root => Path.Combine(root, dataset)))
        {
            string?[] found = [.. files.Select(file => FileIn(folder, file))];
            if (found.All(path => path is not null))
            {
                paths = found!;
                return true;
            }
        }

        paths = null;
        return false;
    }

    private static string? FileIn(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path) ? path : File.Exists(path + ".gz") ? path + ".gz" : null;
    }
}
