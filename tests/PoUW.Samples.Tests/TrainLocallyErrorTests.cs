using TrainLocally;

namespace PoUW.Samples.Tests;

/// <summary>Every wrong line names its option and what is allowed.</summary>
[TestFixture]
public sealed class TrainLocallyErrorTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-errors-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("--model rnn", "--model is 'rnn'; allowed is cnn, mlp, transformer.")]
    [TestCase("--lane f", "--lane is 'f'; allowed is i, r.")]
    [TestCase("--model transformer --lane i", "--lane is 'i', but attention")]
    [TestCase("--runner gpu", "--runner is 'gpu'; allowed is eager, machine.")]
    [TestCase("--epochs 0", "--epochs is 0; allowed is 1 to 1000.")]
    [TestCase("--epochs many", "--epochs is many; allowed is 1 to 1000.")]
    [TestCase("--steps -1", "--steps is -1; allowed is 1 to 100000000.")]
    [TestCase("--epochs 1 --steps 1", "--epochs and --steps are both given")]
    [TestCase("--batch 5000", "--batch is 5000; allowed is 1 to 4096.")]
    [TestCase("--lr -0.1", "--lr is -0.1; allowed is 0 to 10")]
    [TestCase("--lr NaN", "--lr is NaN; allowed is 0 to 10")]
    [TestCase("--lr 12", "--lr is 12; allowed is 0 to 10.")]
    [TestCase("--lane i --lr 0.5", "--lr is 0.5; in lane i it is a shift")]
    [TestCase("--lane i --lr 21", "--lr is 21; allowed is 0 to 10, in lane i 0 to 20.")]
    [TestCase("--threads 65", "--threads is 65; allowed is 1 to 64.")]
    [TestCase("--seed -1", "--seed")]
    [TestCase("--resume a.zip", "--resume is 'a.zip'; allowed is a file that ends with .pt or .safetensors.")]
    [TestCase("--checkpoint a", "--checkpoint is 'a'; allowed is a file that ends with .pt or .safetensors.")]
    [TestCase("--export a.onnx", "--export is 'a.onnx'; allowed is a file that ends with .pt or .safetensors.")]
    [TestCase("--temperature 5 --model transformer", "--temperature is 5; allowed is 0 to 4.")]
    [TestCase("--sample 5", "--sample is given, but only --model transformer writes text.")]
    [TestCase("--data a b", "--data has 2 values; images allow one.")]
    [TestCase("--nonsense", "--nonsense")]
    public void WrongOptionsAreRefused(string line, string message)
    {
        SampleRun run = SampleRun.Of([.. line.Split(' '), "--out", _folder]);
        Assert.That(run.Code, Is.EqualTo(Application.BadArguments), run.Output);
        Assert.That(run.Errors, Does.Contain(message));
        Assert.That(run.Errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    [TestCase("--data nowhere", "--data: there is no folder 'nowhere'")]
    [TestCase("--model transformer --data nowhere", "--data: there is no file and no folder 'nowhere'.")]
    [TestCase("--model transformer --data EMPTY", "has no file that ends with .cs, .md, .txt")]
    [TestCase("--model transformer --data SHORT", "each part needs more than 128")]
    [TestCase("--model transformer --data BINARY", "not valid UTF-8")]
    [TestCase("--data EMPTY", "does not have the files")]
    [TestCase("--resume nowhere.pt", "--resume: 'nowhere.pt' does not fit")]
    [TestCase("--out SHORT", "--out: the folder")]
    [TestCase("--model transformer --data TEXTS --quick --batch 4000", "--batch is 4000, but --data has")]
    public void WrongFilesAreRefused(string line, string message)
    {
        string empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        string shortFile = Path.Combine(_folder, "short.txt");
        File.WriteAllText(shortFile, "a few words");
        string binary = Path.Combine(_folder, "binary.txt");
        File.WriteAllBytes(binary, [0x41, 0xFF, 0x42]);
        string[] words = [.. line.Split(' ').Select(word => word switch
        {
            "EMPTY" => empty, "SHORT" => shortFile, "BINARY" => binary, "TEXTS" => SampleTexts.Write(_folder), _ => word,
        })];
        SampleRun run = SampleRun.Of(words.Contains("--out") ? words : [.. words, "--out", Path.Combine(_folder, "out")]);
        Assert.That(run.Code, Is.EqualTo(Application.Failed), run.Output);
        Assert.That(run.Errors, Does.Contain(message));
        Assert.That(run.Errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }
}
