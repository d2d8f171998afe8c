using System.Diagnostics;
using System.Globalization;
using PoUW.Compute.Backends;
using PoUW.Compute.Checkpoints;
using PoUW.Compute.Compilation;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.StateDicts.Safetensors;
using TrainLocally;

namespace PoUW.Samples.Tests;

/// <summary>Exported weights: in our reader, and in PyTorch where it is installed.</summary>
[TestFixture]
public sealed class TrainLocallyFileTests
{
    private const string Python = "/usr/bin/python3";

    private string _folder = "";

    private static string Bundled => Path.Combine(AppContext.BaseDirectory, "data");

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-export-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("mlp", "r", "fc1.weight fc1.bias fc2.weight fc2.bias")]
    [TestCase("mlp", "i", "fc1.weight fc1.bias fc2.weight fc2.bias")]
    [TestCase("cnn", "r", "conv1.weight conv1.bias conv2.weight conv2.bias fc1.weight fc1.bias fc2.weight fc2.bias")]
    public void ExportsLoadAgain(string model, string lane, string names)
    {
        (string torch, string tensors) = (Path.Combine(_folder, "w.pt"), Path.Combine(_folder, "sub", "w.safetensors"));
        string[] common = ["--model", model, "--lane", lane, "--steps", "3", "--out", _folder];
        SampleRun run = SampleRun.Good([.. common, "--export", torch]);
        _ = SampleRun.Good([.. common, "--export", tensors]);

        Assert.That(PyTorchFile.TryReadFile(torch, PyTorchLimits.Default, out PyTorchValue? root).IsValid, Is.True);
        Assert.That(PyTorchStateDicts.TryGet(root!, out StateDict? first).IsValid, Is.True);
        Assert.That(SafetensorFile.TryReadFile(tensors, SafetensorLimits.Default, out SafetensorFile? second).IsValid, Is.True);
        Assert.That(first!.Names, Is.EqualTo(names.Split(' ')));
        Assert.That(second!.Tensors.Names, Is.EquivalentTo(first.Names));
        foreach ((string name, StateTensor tensor) in first)
        {
            Assert.That(second.Tensors[name].ToFloat32(), Is.EqualTo(tensor.ToFloat32()), name);
        }

        using CpuBackend backend = new();
        ModelRunner restored = Restore(model, lane, first, backend);
        Assert.That(restored.Evaluate().Accuracy, Is.EqualTo(run.Json.GetProperty("testAccuracy").GetDouble()));
    }

    [TestCase("mlp"), TestCase("cnn")]
    public void PyTorchGivesTheSameClasses(string model)
    {
        RequireTorch();
        string path = Path.Combine(_folder, "w.pt");
        _ = SampleRun.Good("--model", model, "--steps", "12", "--out", _folder, "--export", path);
        (int code, string output) = RunPython(Path.Combine(AppContext.BaseDirectory, "predict.py"), model, path, Bundled);
        Assert.That(code, Is.Zero, output);
        string[] lines = output.TrimEnd().Split('\n');
        int[] theirs = [.. lines[..^1].Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

        _ = PyTorchFile.TryReadFile(path, PyTorchLimits.Default, out PyTorchValue? root);
        _ = PyTorchStateDicts.TryGet(root!, out StateDict? weights);
        using CpuBackend backend = new();
        Assert.That(Classes(Restore(model, "r", weights!, backend)), Is.EqualTo(theirs));
    }

    private static ModelRunner Restore(string model, string lane, StateDict weights, CpuBackend backend)
    {
        TrainOptions options = new()
        {
            Model = model == "mlp" ? ModelKind.Mlp : ModelKind.Cnn,
            Lane = lane == "i" ? Lane.Integer : Lane.Reproducible,
            Out = new DirectoryInfo("unused"),
            Steps = 1,
        };
        TrainingTask task = ImageTask.CreateAsync(options, CancellationToken.None).GetAwaiter().GetResult();
        ModelRunner runner = task.CreateRunner(task.Test, options, backend);
        Assert.That(ModelWeights.TryRestore(runner, weights).IsValid, Is.True);
        return runner;
    }

    private static int[] Classes(ModelRunner runner)
    {
        const int classes = 10;
        List<int> found = [];
        for (int row = 0; row < runner.Model.DatasetSize; row += runner.Model.Spec.BatchSize)
        {
            float[] scores = runner.Predict(row);
            int rows = Math.Min(runner.Model.Spec.BatchSize, runner.Model.DatasetSize - row);
            for (int i = 0; i < rows; i++)
            {
                float[] answer = scores[(i * classes)..((i + 1) * classes)];
                found.Add(Array.IndexOf(answer, answer.Max()));
            }
        }

        return [.. found];
    }

    private static void RequireTorch()
    {
        if (!File.Exists(Python) || RunPython("-c", "import importlib.util; raise SystemExit(importlib.util.find_spec('torch') is None)").Code != 0)
        {
            Assert.Ignore($"{Python} with torch is not here; install Debian's package 'python3-torch' to compare with PyTorch.");
        }
    }

    private static (int Code, string Output) RunPython(params string[] arguments)
    {
        ProcessStartInfo start = new(Python, arguments) { RedirectStandardOutput = true };

        // Settings for other processors would slow it down or stop it.
        start.Environment.Remove("OPENBLAS_CORETYPE");
        start.Environment.Remove("OPENBLAS_L2_SIZE");
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
