using PoUW.Compute.Data;
using PoUW.Compute.Data.Sources;
using PoUW.Core.Validation;

namespace Samples.Shared;

/// <summary>Finds and reads the training and test sets.</summary>
public static class ImageSource
{
    /// <summary>Training and test set of "bundled", "fashion-mnist" or a folder.</summary>
    public static async Task<(Dataset Train, Dataset Test)> LoadAsync(string name, CancellationToken cancellation)
    {
        string[] files = name switch
        {
            "bundled" => InFolder(Path.Combine(AppContext.BaseDirectory, "data")),
            FashionMnist.Name => await FindFashionMnistAsync(cancellation),
            _ => InFolder(name),
        };
        ValidationResult result = FashionMnist.TryRead(files, DataLimits.Default, out Dataset? train, out Dataset? test);
        return result.IsValid ? (train!, test!) : throw new SampleException(result.Message);
    }

    private static async Task<string[]> FindFashionMnistAsync(CancellationToken cancellation)
    {
        string? mirror = Environment.GetEnvironmentVariable("POUW_FASHION_MNIST_URL");
        using HttpClient http = new();
        try
        {
            return await FashionMnist.FindOrDownloadAsync(
                DatasetFinder.Standard(), new DatasetDownload(http), mirror is null ? null : new Uri(mirror), cancellation);
        }
        catch (DownloadException failure)
        {
            throw new SampleException(
                $"--data fashion-mnist: Debian's package dataset-fashion-mnist is not installed, and the download failed: {failure.Message}");
        }
    }

    private static string[] InFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new SampleException($"--data: there is no folder '{folder}', and it is neither 'bundled' nor 'fashion-mnist'.");
        }

        return new DatasetFinder([folder]).TryFind("", FashionMnist.Files, out string[]? paths)
            ? paths
            : throw new SampleException($"--data: the folder '{folder}' does not have the files {string.Join(", ", FashionMnist.Files)}, plain or as .gz.");
    }
}
