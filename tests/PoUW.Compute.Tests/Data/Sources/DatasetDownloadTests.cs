using System.Security.Cryptography;
using PoUW.Compute.Data.Sources;

namespace PoUW.Compute.Tests.Data.Sources;

[TestFixture]
[CancelAfter(20_000)]
public sealed class DatasetDownloadTests
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 200_000).Select(i => (byte)((i * 7 >> 3) & 0xFF))];

    [Test]
    public async Task AFileIsKeptOnceItIsChecked(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        await using SmallHttpServer server = new((_, _) => SmallHttpServer.Response("200 OK", Content));
        string target = Path.Combine(folder.Path, "new", "folder");
        string path = await GetAsync(FileOf(server), target, cancellation);
        Assert.That(await File.ReadAllBytesAsync(path, cancellation), Is.EqualTo(Content));
        Assert.That(Directory.GetFiles(target), Is.EqualTo(new[] { Path.Combine(target, "data.bin") }));
        await GetAsync(FileOf(server), target, cancellation);
        Assert.That(server.Requests, Has.Count.EqualTo(1), "a good file is not fetched again");
        await File.WriteAllBytesAsync(path, [1], cancellation);
        await GetAsync(FileOf(server), target, cancellation);
        Assert.That(await File.ReadAllBytesAsync(path, cancellation), Is.EqualTo(Content), "a bad one is replaced");
    }

    [Test]
    public async Task AnotherHashIsRefusedAndNothingKept(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        await using SmallHttpServer server = new((_, _) => SmallHttpServer.Response("200 OK", Content));
        DownloadFile file = FileOf(server) with { Sha256 = new string('0', 64) };
        string message = await FailAsync(file, folder, cancellation);
        Assert.That(message, Does.Contain(server.Address.ToString()).And.Contains(Convert.ToHexStringLower(SHA256.HashData(Content))).And.Contains(file.Sha256));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public async Task AnInterruptedDownloadIsContinued(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        await using SmallHttpServer server = new((number, request) => number == 0
            ? SmallHttpServer.Response("200 OK", Content.AsSpan(0, 70_000), length: Content.Length)
            : Range(request));
        string message = await FailAsync(FileOf(server), folder, cancellation);
        Assert.That(message, Does.Contain("broke off after 70000 bytes, which are kept"));
        string path = await GetAsync(FileOf(server), folder.Path, cancellation);
        Assert.That(await File.ReadAllBytesAsync(path, cancellation), Is.EqualTo(Content));
        Assert.That(server.Requests[1], Does.Contain("Range: bytes=70000-\r\n"));
    }

    [TestCase("200 OK", TestName = "A server without ranges sends all of it")]
    [TestCase("206 Partial Content", TestName = "What was left of another file is thrown away")]
    [TestCase("416 Range Not Satisfiable", TestName = "A rest that is longer than the file is thrown away")]
    public async Task AStaleRestDoesNotSpoilTheFile(string status, CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        folder.Write("data.bin.part", new byte[1_000]);
        await using SmallHttpServer server = new((_, request) =>
            !request.Contains("Range:", StringComparison.Ordinal) || status.StartsWith("200", StringComparison.Ordinal) ? SmallHttpServer.Response("200 OK", Content)
            : status.StartsWith("206", StringComparison.Ordinal) ? Range(request)
            : SmallHttpServer.Response(status, []));
        string path = await GetAsync(FileOf(server), folder.Path, cancellation);
        Assert.That(await File.ReadAllBytesAsync(path, cancellation), Is.EqualTo(Content));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task ARangeThatWasNotAskedForIsNotUsed(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        folder.Write("data.bin.part", Content[..1_000]);
        await using SmallHttpServer server = new((number, _) => number == 0
            ? SmallHttpServer.Response("206 Partial Content", Content.AsSpan(500), $"Content-Range: bytes 500-{Content.Length - 1}/{Content.Length}\r\n")
            : SmallHttpServer.Response("200 OK", Content));
        string path = await GetAsync(FileOf(server), folder.Path, cancellation);
        Assert.That(await File.ReadAllBytesAsync(path, cancellation), Is.EqualTo(Content));
    }

    [Test]
    public async Task AFileAboveTheLimitIsRefused(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        await using SmallHttpServer announced = new((_, _) => SmallHttpServer.Response("200 OK", [], length: Content.Length));
        Assert.That(
            await FailAsync(FileOf(announced) with { MaxBytes = 199_999 }, folder, cancellation), Does.EndWith("larger than the limit of 199999 bytes."));
        await using SmallHttpServer unannounced = new((_, _) => [.. "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8, .. Content]);
        Assert.That(
            await FailAsync(FileOf(unannounced) with { MaxBytes = 199_999 }, folder, cancellation), Does.EndWith("larger than the limit of 199999 bytes."));
        Assert.That(new FileInfo(Path.Combine(folder.Path, "data.bin.part")).Length, Is.Zero);
        Assert.That(await GetAsync(FileOf(unannounced), folder.Path, cancellation), Is.Not.Empty);
    }

    [TestCase("404 Not Found")]
    [TestCase("500 Internal Server Error")]
    [TestCase("204 No Content")]
    [TestCase("206 Partial Content", TestName = "A part that nobody asked for")]
    public async Task OtherAnswersAreNamed(string status, CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        await using SmallHttpServer server = new((_, _) => SmallHttpServer.Response(status, status[0] == '4' ? "gone"u8 : []));
        Assert.That(await FailAsync(FileOf(server), folder, cancellation), Is.EqualTo($"{server.Address}data.bin: the server answered {status}."));
        Assert.That(File.Exists(Path.Combine(folder.Path, "data.bin")), Is.False);
    }

    [Test]
    public async Task AServerThatIsNotThereIsNamed(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        SmallHttpServer server = new((_, _) => []);
        await server.DisposeAsync();
        Assert.That(await FailAsync(FileOf(server), folder, cancellation), Does.StartWith($"{server.Address}data.bin: "));
    }

    [Test]
    public async Task TheHashMayBeThatOfTheUnpackedContent(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        byte[] packed = TemporaryFolder.Pack(Content);
        await using SmallHttpServer server = new((_, _) => SmallHttpServer.Response("200 OK", packed));
        DownloadFile file = FileOf(server) with { HashesUnpacked = true };
        string path = await GetAsync(file, folder.Path, cancellation);
        Assert.That(await File.ReadAllBytesAsync(path, cancellation), Is.EqualTo(packed));
        File.Delete(path);
        Assert.That(await FailAsync(file with { MaxBytes = 199_999 }, folder, cancellation), Does.Contain("no gzip file within the limit"));
        await using SmallHttpServer plain = new((_, _) => SmallHttpServer.Response("200 OK", Content));
        Assert.That(await FailAsync(FileOf(plain) with { HashesUnpacked = true }, folder, cancellation), Does.Contain("no gzip file"));
    }

    [TestCase("../data.bin")]
    [TestCase("a/b")]
    [TestCase("..")]
    [TestCase("")]
    public void ANameIsNoPath(string name, CancellationToken cancellation)
    {
        DownloadFile file = new(name, new Uri("http://127.0.0.1:1/"), new string('0', 64), 1);
        Assert.That(async () => await GetAsync(file, Path.GetTempPath(), cancellation), Throws.ArgumentException);
    }

    [Test]
    public async Task TwoDownloadsOfOneFileDoNotMix(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        await using SmallHttpServer server = new((_, _) => SmallHttpServer.Response("200 OK", Content));
        await using (new FileStream(Path.Combine(folder.Path, "data.bin.part"), FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Assert.That(async () => await GetAsync(FileOf(server), folder.Path, cancellation), Throws.InstanceOf<IOException>());
        }

        Assert.That(File.Exists(await GetAsync(FileOf(server), folder.Path, cancellation)), Is.True);
    }

    [Test]
    public async Task ACancelledDownloadIsNotKeptAsAFile(CancellationToken cancellation)
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using SmallHttpServer server = new((_, _) =>
        {
            stop.Cancel();
            return SmallHttpServer.Response("200 OK", Content);
        });
        Assert.That(async () => await GetAsync(FileOf(server), folder.Path, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.Exists(Path.Combine(folder.Path, "data.bin")), Is.False);
    }

    private static DownloadFile FileOf(SmallHttpServer server) =>
        new("data.bin", new Uri(server.Address, "data.bin"), Convert.ToHexString(SHA256.HashData(Content)), Content.Length);

    private static byte[] Range(string request)
    {
        int from = int.Parse(request.Split("bytes=")[1].Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);
        return SmallHttpServer.Response(
            "206 Partial Content", Content.AsSpan(from), $"Content-Range: bytes {from}-{Content.Length - 1}/{Content.Length}\r\n");
    }

    private static async Task<string> GetAsync(DownloadFile file, string folder, CancellationToken cancellation)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        return await new DatasetDownload(http).GetAsync(file, folder, cancellation);
    }

    private static async Task<string> FailAsync(DownloadFile file, TemporaryFolder folder, CancellationToken cancellation)
    {
        try
        {
            await GetAsync(file, folder.Path, cancellation);
        }
        catch (DownloadException e)
        {
            return e.Message;
        }

        throw new AssertionException("The download did not fail.");
    }
}
