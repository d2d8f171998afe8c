using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;

namespace PoUW.Sdk.Tests.Samples;

/// <summary>Runs the built sample as a user does, with right and wrong arguments.</summary>
[TestFixture]
public sealed class TrainOnNetworkTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-sample-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_short_job_ends_with_one_json_line_and_a_model_and_the_same_seed_gives_the_same_weights()
    {
        JsonElement first = RunJob("--epochs", "2", "--workers", "2");
        JsonElement second = RunJob("--epochs", "2", "--workers", "3", "--no-tickets", "--liars", "0", "--no-restarts");
        string[] keys =
        [
            "testAccuracy", "weightsHash", "height", "finalized", "blocksByProducer", "units", "paid", "refunded", "burned", "supply", "convicted",
            "slashed", "audits", "restarts", "seconds", "boundBlocks", "boundLeases", "boundTickets", "trainingTickets", "bonuses", "vesting",
            "leaseBurned",
        ];
        Assert.Multiple(() =>
        {
            Assert.That(first.EnumerateObject().Select(property => property.Name), Is.SupersetOf(keys));
            Assert.That(first.GetProperty("weightsHash").GetString(), Is.EqualTo(second.GetProperty("weightsHash").GetString()));
            Assert.That(Units(first, "paid") + Units(first, "burned") + Units(first, "refunded"), Is.EqualTo(Units(first, "escrow")));
            Assert.That(first.GetProperty("convicted").GetArrayLength(), Is.EqualTo(1), "one of the two workers lies");
            Assert.That(first.GetProperty("restarts").GetInt32(), Is.EqualTo(2));
            Assert.That(first.GetProperty("boundLeases").GetInt32(), Is.GreaterThan(0));
            Assert.That(Units(first, "leaseBurned"), Is.GreaterThan(System.Numerics.BigInteger.Zero).And.LessThan(Units(first, "burned")));
            Assert.That(second.GetProperty("boundTickets").GetInt64(), Is.Zero, "without tickets");
            Assert.That(second.GetProperty("convicted").GetArrayLength(), Is.Zero);
            Assert.That(second.GetProperty("restarts").GetInt32(), Is.Zero);
            Assert.That(File.ReadAllText(Path.Combine(_folder, "out", "report.html")), Does.Contain(second.GetProperty("weightsHash").GetString()));
            Assert.That(first.GetProperty("testAccuracy").GetDouble(), Is.GreaterThan(0.2));
            Assert.That(new FileInfo(Path.Combine(_folder, "out", "model.safetensors")).Length, Is.GreaterThan(784 * 256 * 4));
        });
    }

    [Test]
    public void Show_program_prints_assembly_that_names_no_layer_opcode()
    {
        (int code, string output, _) = Run("--show-program");
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("matmul").IgnoreCase);
        Assert.That(output, Does.Not.Contain("linear").IgnoreCase);
    }

    [TestCase("--workers", "0")]
    [TestCase("--workers", "65")]
    [TestCase("--workers", "many")]
    [TestCase("--epochs", "0")]
    [TestCase("--seed", "-1")]
    [TestCase("--liars", "4")]
    [TestCase("--lie", "white")]
    [TestCase("--nonsense")]
    [TestCase("--data", "no-such-folder")]
    public void Bad_arguments_end_in_one_clear_line(params string[] arguments) => AssertOneLine(Run(arguments), arguments[0]);

    [Test]
    public void An_interrupt_stops_the_run_cleanly()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Sends SIGINT with kill.");
        }

        using Process process = Start("--json", "--out", Path.Combine(_folder, "out"));
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Assert.That(process.StandardOutput.ReadLine(), Does.StartWith("round 1/"));
        Task<string> rest = process.StandardOutput.ReadToEndAsync();
        using (Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            kill.WaitForExit();
        }

        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(130));
        Assert.That(errors.GetAwaiter().GetResult().TrimEnd(), Is.EqualTo("Stopped."));
        Assert.That(rest.GetAwaiter().GetResult(), Does.Not.Contain("weightsHash"));
    }

    [Test]
    public void A_missing_data_file_is_named()
    {
        string data = CopyData();
        File.Delete(Path.Combine(data, "train-labels-idx1-ubyte.gz"));
        AssertOneLine(Run("--data", data), "train-labels-idx1-ubyte");
    }

    [Test]
    public void A_corrupt_data_file_is_named()
    {
        string data = CopyData();
        string file = Path.Combine(data, "t10k-images-idx3-ubyte.gz");
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
        AssertOneLine(Run("--data", data), "t10k-images-idx3-ubyte");
    }

    [Test]
    public void A_file_of_another_kind_is_named()
    {
        string data = CopyData();
        string file = Path.Combine(data, "t10k-labels-idx1-ubyte.gz");
        using (GZipStream packed = new(File.Create(file), CompressionLevel.Fastest))
        {
            packed.Write("this is no IDX file"u8);
        }

        AssertOneLine(Run("--data", data), "t10k-labels-idx1-ubyte");
    }

    [Test]
    public void An_unwritable_folder_is_named()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        AssertOneLine(Run("--out", Path.Combine(file, "below")), "--out");
    }

    private static System.Numerics.BigInteger Units(JsonElement json, string name) =>
        System.Numerics.BigInteger.Parse(json.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    private static void AssertOneLine((int Code, string Output, string Errors) run, string expected)
    {
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Not.Zero);
            Assert.That(run.Errors.TrimEnd().Split('\n'), Has.Length.EqualTo(1), run.Errors);
            Assert.That(run.Errors, Does.Contain(expected));
            Assert.That(run.Errors, Does.Not.Contain("   at "));
        });
    }

    private string CopyData()
    {
        string data = Path.Combine(_folder, "data");
        Directory.CreateDirectory(data);
        foreach (string file in Directory.GetFiles(Repository.PathOf("samples", "data", "fashion-mnist-10k"), "*.gz"))
        {
            File.Copy(file, Path.Combine(data, Path.GetFileName(file)));
        }

        return data;
    }

    private JsonElement RunJob(params string[] arguments)
    {
        (int code, string output, string errors) = Run(["--json", .. arguments]);
        Assert.That(code, Is.Zero, errors);
        return JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement;
    }

    private (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        string[] folder = arguments.Contains("--out") ? [] : ["--out", Path.Combine(_folder, "out")];
        using Process process = Start([.. arguments, .. folder]);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    private static Process Start(params string[] arguments)
    {
        string program = Repository.PathOf("artifacts", "bin", "TrainOnNetwork", Repository.Configuration.ToLowerInvariant(), "TrainOnNetwork.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }
}
