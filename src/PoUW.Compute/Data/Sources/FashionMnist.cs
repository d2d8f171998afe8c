using PoUW.Core.Validation;

namespace PoUW.Compute.Data.Sources;

/// <summary>
/// The data set Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017): 60,000 and 10,000 grey images of 28 x 28 pixels in ten classes, as IDX
/// files. MNIST has files of the same names and sizes, so only a hash tells one from the other.
/// </summary>
public static class FashionMnist
{
    /// <summary>Name of the data set for <see cref="DatasetFinder"/>.</summary>
    public const string Name = "fashion-mnist";

    private const long MaxFileBytes = 64L * 1024 * 1024;

    private static readonly string[] Hashes =
    [
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ];

    /// <summary>Names of the files without ".gz": training images and labels, test images and labels.</summary>
    public static IReadOnlyList<string> Files { get; } =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    /// <summary>The repository of its authors.</summary>
    public static Uri Origin { get; } = new("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/");

    /// <summary>The files at an address, with the SHA-256 of their unpacked content.</summary>
    /// <param name="origin">A folder with the four files in gzip; ends with a slash.</param>
    public static IReadOnlyList<DownloadFile> DownloadsFrom(Uri origin) =>
    [
        .. Files.Select((file, i) => new DownloadFile(file + ".gz", new Uri(origin, file + ".gz"), Hashes[i], MaxFileBytes) { HashesUnpacked = true }),
    ];

    /// <summary>Paths of the four files: where the finder has them, else downloaded into <see cref="DatasetFinder.CacheFolder"/>.</summary>
    /// <param name="finder">Where to look first.</param>
    /// <param name="download">Who downloads.</param>
    /// <param name="origin">From where; null for <see cref="Origin"/>.</param>
    /// <param name="cancellation">Ends the download.</param>
    /// <exception cref="DownloadException">The files are not on this machine and could not be downloaded.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public static async Task<string[]> FindOrDownloadAsync(
        DatasetFinder finder, DatasetDownload download, Uri? origin, CancellationToken cancellation)
    {
        if (finder.TryFind(Name, Files, out string[]? paths))
        {
            return paths;
        }

        List<string> downloaded = [];
        foreach (DownloadFile file in DownloadsFrom(origin ?? Origin))
        {
            downloaded.Add(await download.GetAsync(file, Path.Combine(DatasetFinder.CacheFolder, Name), cancellation));
        }

        return [.. downloaded];
    }

    /// <summary>Reads the training and the test set from four files in the order of <see cref="Files"/>.</summary>
    public static ValidationResult TryRead(IReadOnlyList<string> paths, DataLimits limits, out Dataset? train, out Dataset? test)
    {
        test = null;
        ValidationResult result = IdxReader.TryReadDataset(paths[0], paths[1], limits, out train);
        return result.IsValid ? IdxReader.TryReadDataset(paths[2], paths[3], limits, out test) : result;
    }
}
