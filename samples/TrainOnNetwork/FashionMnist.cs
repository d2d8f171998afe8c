using System.Security.Cryptography;

namespace TrainOnNetwork;

/// <summary>
/// The full Fashion-MNIST set: from Debian's package dataset-fashion-mnist where it is installed, else downloaded once from its authors'
/// repository. Every download is checked against the SHA-256 of the unpacked file before it is kept.
/// </summary>
internal static class FashionMnist
{
    private const string PackageFolder = "/usr/share/datasets/fashion-mnist";
    private const long MaxPackedBytes = 64L * 1024 * 1024;

    private static readonly Uri Origin = new("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/");

    private static readonly (string Name, string Sha256)[] Files =
    [
        ("train-images-idx3-ubyte.gz", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        ("train-labels-idx1-ubyte.gz", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        ("t10k-images-idx3-ubyte.gz", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        ("t10k-labels-idx1-ubyte.gz", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ];

    /// <summary>Paths of the four files: training images and labels, test images and labels.</summary>
    public static async Task<string[]> FindAsync(CancellationToken cancellation)
    {
        string[] packaged = [.. Files.Select(file => Path.Combine(PackageFolder, file.Name))];
        if (packaged.All(File.Exists))
        {
            return packaged;
        }

        string cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "pouw", "fashion-mnist");
        string? mirror = Environment.GetEnvironmentVariable("POUW_FASHION_MNIST_URL");
        return await DownloadAsync(mirror is null ? Origin : new Uri(mirror), cache, cancellation);
    }

    private static async Task<string[]> DownloadAsync(Uri origin, string cache, CancellationToken cancellation)
    {
        Directory.CreateDirectory(cache);
        using HttpClient http = new() { MaxResponseContentBufferSize = MaxPackedBytes };
        List<string> paths = [];
        foreach ((string name, string sha256) in Files)
        {
            string path = Path.Combine(cache, name);
            if (!File.Exists(path))
            {
                byte[] packed = await GetAsync(http, new Uri(origin, name), cancellation);
                Check(name, packed, sha256);
                await File.WriteAllBytesAsync(path + ".part", packed, cancellation);
                File.Move(path + ".part", path, overwrite: true);
            }

            paths.Add(path);
        }

        return [.. paths];
    }

    private static async Task<byte[]> GetAsync(HttpClient http, Uri address, CancellationToken cancellation)
    {
        try
        {
            return await http.GetByteArrayAsync(address, cancellation);
        }
        catch (HttpRequestException failure)
        {
            throw new SampleException(
                $"--data fashion-mnist: Debian's package dataset-fashion-mnist is not installed, and the download of {address} failed: {failure.Message}");
        }
    }

    private static void Check(string name, byte[] packed, string expected)
    {
        using MemoryStream source = new(packed);
        using System.IO.Compression.GZipStream unpacked = new(source, System.IO.Compression.CompressionMode.Decompress);
        string actual = Convert.ToHexStringLower(SHA256.HashData(unpacked));
        if (actual != expected)
        {
            throw new SampleException($"--data fashion-mnist: {name} has SHA-256 {actual}; expected is {expected}. Nothing was kept.");
        }
    }
}
