using System.Text.Json;
using TrainLocally;

namespace PoUW.Samples.Tests;

[TestFixture]
public sealed class TrainLocallyTests
{
    private string _folder = "";

    private static string Bundled => Path.Combine(AppContext.BaseDirectory, "data");

    private string Out => Path.Combine(_folder, "out");

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-train-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("mlp", "r"), TestCase("mlp", "i"), TestCase("cnn", "r"), TestCase("cnn", "i"), TestCase("transformer", "r")]
    public void RunnersAndThreadsGiveTheSameState(string model, string lane)
    {
        string[] data = model == "transformer" ? ["--data", SampleTexts.Write(_folder), "--sample", "8"] : ["--data", Bundled];
        string[] common = ["--model", model, "--lane", lane, "--steps", "4", "--batch", "32", "--quick", "--out", Out, .. data];
        SampleRun eager = SampleRun.Good([.. common, "--runner", "eager", "--threads", "1"]);
        SampleRun machine = SampleRun.Good([.. common, "--runner", "machine", "--threads", "2"]);
        SampleRun other = SampleRun.Good([.. common, "--seed", "2"]);

        Assert.That(machine.StateHash, Is.EqualTo(eager.StateHash));
        Assert.That(other.StateHash, Is.Not.EqualTo(eager.StateHash));
        Assert.That(machine.Json.GetProperty("testLoss").GetDouble(), Is.EqualTo(eager.Json.GetProperty("testLoss").GetDouble()));
        Assert.That(File.ReadAllText(Path.Combine(Out, "report.html")), Does.Contain(other.StateHash).And.Contain("Learning curve by epoch"));
    }

    [TestCase("r"), TestCase("i")]
    public void QuickRunLearns(string lane)
    {
        SampleRun run = SampleRun.Of("--model", "mlp", "--lane", lane, "--quick", "--out", Out);
        Assert.That(run.Code, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Match(@"test accuracy 8\d\.\d\d %, [\d,.]+ samples/s, [\d.]+ s, state [0-9a-f]{64}\s*$"));
    }

    [Test]
    public void TransformerIsMeasuredBesideNgramsAndWritesText()
    {
        JsonElement json = SampleRun.Good("--model", "transformer", "--quick", "--data", SampleTexts.Write(_folder), "--sample", "20", "--out", Out).Json;
        Assert.That(json.GetProperty("bitsPerCharacter").GetDouble(), Is.EqualTo(json.GetProperty("testLoss").GetDouble() / Math.Log(2)).Within(1e-4));
        Assert.That(json.GetProperty("ngramBits").GetProperty("3").GetDouble(), Is.InRange(0.1, 1), "the text repeats, so n-grams know it well");
        Assert.That(json.GetProperty("ngramBits").GetProperty("6").GetDouble(), Is.InRange(0.1, 1));
        Assert.That(json.GetProperty("sample").GetString(), Does.StartWith("file "));
        int[] symbols = JsonSerializer.Deserialize<int[]>(File.ReadAllText(Path.Combine(Out, "vocabulary.json")))!;
        Assert.That(symbols, Is.Ordered.And.Contains((int)'z').And.Contains(0xFFFD));
    }

    [TestCase("0"), TestCase("1.5")]
    public void GeneratedTextDependsOnSeedAndTemperatureOnly(string temperature)
    {
        string[] common =
            ["--model", "transformer", "--quick", "--steps", "3", "--data", SampleTexts.Write(_folder), "--sample", "60", "--temperature", temperature];
        string first = Text(SampleRun.Good([.. common, "--out", Out]));
        string second = Text(SampleRun.Good([.. common, "--out", Out, "--runner", "machine", "--threads", "3"]));
        Assert.That(second, Is.EqualTo(first));
        Assert.That(first, Has.Length.EqualTo(8 + 60), "a quarter of the context, and what was asked for");
    }

    [Test]
    public void EveryTenthFileIsHeldOut()
    {
        string folder = SampleTexts.Write(_folder);
        File.AppendAllText(Path.Combine(folder, "10.txt"), "Ω");
        (PoUW.Compute.Data.Text.TextCorpus train, PoUW.Compute.Data.Text.TextCorpus heldOut, _) = TextSource.Load([folder]);
        string held = heldOut.Vocabulary.Decode(heldOut.AsSpan());
        string trained = train.Vocabulary.Decode(train.AsSpan());
        Assert.That(held, Does.StartWith("file 00").And.Contain("file 10").And.Not.Contain("file 01"));
        Assert.That(trained, Does.StartWith("file 01").And.Contain("file 11").And.Not.Contain("file 10"));
        Assert.That(held, Does.EndWith("\uFFFD"), "a character that the training text does not have");
    }

    [Test]
    public void LastTenthOfASingleFileIsHeldOut()
    {
        string file = Path.Combine(_folder, "one.txt");
        File.WriteAllText(file, new string('a', 900) + new string('b', 100));
        (PoUW.Compute.Data.Text.TextCorpus train, PoUW.Compute.Data.Text.TextCorpus heldOut, _) = TextSource.Load([file]);
        Assert.That(train.Count, Is.EqualTo(900));
        Assert.That(heldOut.Vocabulary.Decode(heldOut.AsSpan()), Is.EqualTo(new string('b', 100)));
    }

    private static string Text(SampleRun run) => run.Json.GetProperty("sample").GetString()!;
}
