using PoUW.Compute.Data;
using PoUW.Compute.Data.Sources;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.Data.Sources;

[TestFixture]
public sealed class DatasetFinderTests
{
    [Test]
    public void AllFilesMustBeInOneFolder()
    {
        using TemporaryFolder one = new();
        using TemporaryFolder two = new();
        Directory.CreateDirectory(Path.Combine(two.Path, "set"));
        one.Write("a", "1");
        two.Write("set/a", "2");
        string packed = two.Write("set/b.gz", "3");
        DatasetFinder finder = new([one.Path, "", two.Path]);
        Assert.That(finder.TryFind("set", ["b", "a"], out string[]? paths), Is.True);
        Assert.That(paths, Is.EqualTo(new[] { packed, Path.Combine(two.Path, "set", "a") }));
        Assert.That(finder.TryFind("set", ["a", "c"], out paths), Is.False);
        Assert.That(paths, Is.Null);
        Assert.That(finder.TryFind("", ["a"], out paths), Is.True);
        Assert.That(paths, Is.EqualTo(new[] { Path.Combine(one.Path, "a") }));
    }

    [Test]
    [NonParallelizable]
    public void TheStandardFoldersComeAfterTheGivenOnes()
    {
        string? before = Environment.GetEnvironmentVariable(DatasetFinder.FoldersVariable);
        try
        {
            Environment.SetEnvironmentVariable(DatasetFinder.FoldersVariable, $"/x{Path.PathSeparator}/y");
            Assert.That(
                DatasetFinder.Standard("/given").Folders, Is.EqualTo(new[] { "/given", "/x", "/y", "/usr/share/datasets", DatasetFinder.CacheFolder }));
            Environment.SetEnvironmentVariable(DatasetFinder.FoldersVariable, null);
            Assert.That(DatasetFinder.Standard().Folders, Is.EqualTo(new[] { "/usr/share/datasets", DatasetFinder.CacheFolder }));
        }
        finally
        {
            Environment.SetEnvironmentVariable(DatasetFinder.FoldersVariable, before);
        }
    }

    [Test]
    public void TheWholeOfFashionMnistReadsIfItIsHere()
    {
        if (!DatasetFinder.Standard().TryFind(FashionMnist.Name, FashionMnist.Files, out string[]? paths))
        {
            Assert.Ignore("Fashion-MNIST is not on this machine: install Debian's package dataset-fashion-mnist.");
        }

        ValidationResult result = FashionMnist.TryRead(paths!, DataLimits.Default, out Dataset? train, out Dataset? test);
        Assert.That(result.IsValid, Is.True, result.Message);
        Assert.That((train!.Count, test!.Count, train.Column("images").Width), Is.EqualTo((60_000, 10_000, 784)));
        Assert.That((train.Root.ToShortString(), test.Root.ToShortString()), Is.EqualTo(("11065588", "8120f5b4")));
    }

    [Test]
    public async Task FashionMnistIsCheckedByWhatTheFilesHold()
    {
        IReadOnlyList<DownloadFile> files = FashionMnist.DownloadsFrom(new Uri("http://127.0.0.1:1/mirror/"));
        Assert.That(files[1].Address.ToString(), Is.EqualTo("http://127.0.0.1:1/mirror/train-labels-idx1-ubyte.gz"));
        if (!DatasetFinder.Standard().TryFind(FashionMnist.Name, FashionMnist.Files, out string[]? paths))
        {
            Assert.Ignore("Fashion-MNIST is not on this machine: install Debian's package dataset-fashion-mnist.");
        }

        // Served by a machine without a network, the download must accept the package's files.
        using TemporaryFolder folder = new();
        await using SmallHttpServer server = new((_, request) =>
        {
            string name = request.Split(' ')[1].Trim('/');
            return SmallHttpServer.Response("200 OK", File.ReadAllBytes(paths!.Single(path => Path.GetFileName(path) == name)));
        });
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        foreach (DownloadFile file in FashionMnist.DownloadsFrom(server.Address))
        {
            Assert.That(File.Exists(await new DatasetDownload(http).GetAsync(file, folder.Path, CancellationToken.None)), Is.True);
        }
    }
}
