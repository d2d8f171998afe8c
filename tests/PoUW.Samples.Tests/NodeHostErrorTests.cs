using NodeHost;

namespace PoUW.Samples.Tests;

/// <summary>Every wrong line of NodeHost names its option and what is allowed.</summary>
[TestFixture]
public sealed class NodeHostErrorTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-host-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("--role king", "--role is 'king'; allowed is client, none, validator, worker.")]
    [TestCase("--role worker", "--role needs an account: give --key, or --seed for development.")]
    [TestCase("--role client --seed a --key b --password c", "--key and --seed are both given; allowed is one of them.")]
    [TestCase("--key b", "--key needs --password")]
    [TestCase("--password b", "--password is given, but no --key.")]
    [TestCase("--listen 127.0.0.1:4001", "--listen is '127.0.0.1:4001'; allowed is an address such as /ip4/127.0.0.1/tcp/4001")]
    [TestCase("--listen /ip4/127.0.0.1/udp/4001", "--listen is '/ip4/127.0.0.1/udp/4001'; allowed is an address such as /ip4/127.0.0.1/tcp/4001")]
    [TestCase("--listen /memory/a", "--listen is '/memory/a'")]
    [TestCase("--announce nobody", "--announce is 'nobody'; allowed is an address such as")]
    [TestCase("--announce /ip4/0.0.0.0/tcp/4001", "--announce is '/ip4/0.0.0.0/tcp/4001'; allowed is an address that others can dial, without an id.")]
    [TestCase("--bootstrap nobody", "--bootstrap is 'nobody'; allowed is an address such as")]
    [TestCase("--allow maybe", "--allow is 'maybe'; allowed is list, open, staked.")]
    [TestCase("--allow list", "--allow list needs a file")]
    [TestCase("--allow open file", "--allow open takes no file.")]
    [TestCase("--tickets maybe", "--tickets is 'maybe'; allowed is off, on.")]
    [TestCase("--status-every -1", "--status-every is -1; allowed is 0 to 3600.")]
    [TestCase("--status-every often", "--status-every is often; allowed is 0 to 3600.")]
    [TestCase("--role client --seed a --train 0", "--train is 0; allowed is 1 to 1000.")]
    [TestCase("--train 1", "--train is given, but only --role client submits jobs.")]
    [TestCase("--nonsense", "--nonsense")]
    public async Task WrongOptionsAreRefused(string line, string message)
    {
        (int code, string errors) = await RunAsync([.. line.Split(' '), "--data", Path.Combine(_folder, "node")]);
        Assert.That(code, Is.EqualTo(Application.BadArguments), errors);
        Assert.That(errors, Does.Contain(message));
        Assert.That(errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task TheDataFolderIsNeeded()
    {
        (int code, string errors) = await RunAsync("--role", "none");
        Assert.That(code, Is.EqualTo(Application.BadArguments));
        Assert.That(errors, Does.Contain("--data"));
    }

    [TestCase("--data NODE --network nowhere.json", "--network: 'nowhere.json' is neither a preset (development, test, production) nor a file")]
    [TestCase("--data NODE --network WRONG", "--network: ")]
    [TestCase("--data WRONG", "--data: the folder")]
    [TestCase("--data NODE --role worker --key nowhere --password WRONG", "--key: 'nowhere' cannot be read")]
    [TestCase("--data NODE --role worker --key WRONG --password nowhere", "--password: 'nowhere' cannot be read")]
    [TestCase("--data NODE --role worker --key WRONG --password WRONG", "--key: '")]
    [TestCase("--data NODE --allow list nowhere", "--allow: 'nowhere' cannot be read")]
    [TestCase("--data NODE --allow list WRONG", "--allow: line 1 of '")]
    [TestCase("network --out NODE/below/net.json", "--out: '")]
    public async Task WrongFilesAreRefused(string line, string message)
    {
        string wrong = Path.Combine(_folder, "wrong");
        File.WriteAllText(wrong, "no such thing\n");
        string node = Path.Combine(_folder, "node");
        (int code, string errors) = await RunAsync([.. line.Split(' ').Select(word => word.Replace("WRONG", wrong).Replace("NODE", node))]);
        Assert.That(code, Is.EqualTo(Application.Failed), errors);
        Assert.That(errors, Does.Contain(message));
        Assert.That(errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    /// <summary>A key that everybody can read is no secret; one that is no key would be another node.</summary>
    [TestCase("0123", UnixFileMode.UserRead, "holds no key")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", UnixFileMode.UserRead, "holds no key")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000001", UnixFileMode.UserRead | UnixFileMode.OtherRead, "may be read by others")]
    [Platform(Exclude = "Win")]
    public async Task AWrongIdentityIsRefused(string content, UnixFileMode mode, string message)
    {
        string file = Path.Combine(_folder, "identity.key");
        File.WriteAllText(file, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }

        (int code, string errors) = await RunAsync("--data", _folder);
        Assert.That(code, Is.EqualTo(Application.Failed), errors);
        Assert.That(errors, Does.Contain(message));
    }

    private static async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        using StringWriter errors = new();
        using StopSignals stop = new();
        int code = await Application.RunAsync(arguments, TextReader.Null, TextWriter.Null, errors, stop);
        return (code, errors.ToString());
    }
}
