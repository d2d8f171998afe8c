using PoUW.Compute.Data;
using PoUW.Core.Validation;

namespace TrainOnNetwork;

/// <summary>Finds and reads the training and test sets.</summary>
internal static class DataSource
{
    private static readonly string[] Standard =
    [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    ];

    /// <summary>Training and test set of "bundled", "fashion-mnist" or a folder.</summary>
    public static async Task<(Dataset Train, Dataset Test)> LoadAsync(
        string name, CancellationToken cancellation) => name switch
        {
            "bundled" => Read([.. Standard.Select(file => InFolder(Path.Combine(AppContext.BaseDirectory, "data"), file))]),
            "fashion-mnist" => Read(await FashionMnist.FindAsync(cancellation)),
            _ => Read([.. Standard.Select(file => InFolder(name, file))]),
        };

    private static (Dataset Train, Dataset Test) Read(string[] files) =>
        (ReadPair(files[0], files[1]), ReadPair(files[2], files[3]));

    private static Dataset ReadPair(string images, string labels)
    {
        ValidationResult result = IdxReader.TryReadDataset(images, labels, DataLimits.Default, out Dataset? dataset);
        return result.IsValid ? dataset! : throw new SampleException(result.Message);
    }

    private static string InFolder(string folder, string file)
    {
        if (!Directory.Exists(folder))
        {
            throw new SampleException($"--data: there is no folder '{folder}', and it is neither 'bundled' nor 'fashion-mnist'.");
        }

        string packed = Path.Combine(folder, file + ".gz");
        return File.Exists(packed) ? packed : Path.Combine(folder, file);
    }
}
