using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;

namespace PoUW.Compute.Tests.StateDicts.PyTorch;

/// <summary>PyTorch itself loads what is written here. Without Python and torch on the machine the tests are ignored.</summary>
[TestFixture]
public sealed class PyTorchLoadTests
{
    private const string Script = """
        import collections, hashlib, sys, torch
        torch.set_num_threads(1)
        def show(value, path):
            if isinstance(value, torch.Tensor):
                flat = value.contiguous().reshape(-1)
                flat = flat.byte() if flat.dtype is torch.bool or not flat.numel() else flat.view(torch.uint8)
                print(path, "tensor", value.dtype, list(value.shape), hashlib.sha256(bytes(flat.numpy())).hexdigest())
            elif isinstance(value, dict):
                print(path, type(value).__name__, len(value))
                for key, item in value.items():
                    show(item, f"{path}/{key!r}")
            elif isinstance(value, (list, tuple)):
                print(path, type(value).__name__, len(value))
                for i, item in enumerate(value):
                    show(item, f"{path}/{i}")
            else:
                print(path, type(value).__name__, ascii(value))
        loaded = torch.load(sys.argv[1], **({"weights_only": True} if sys.argv[2] == "safe" else {}))
        show(loaded, "")
        print("--")
        if sys.argv[3] == "tied":
            print(loaded["wte.weight"].data_ptr() == loaded["lm_head.weight"].data_ptr())
        elif sys.argv[3]:
            show(torch.load(sys.argv[3]), "")
        """;

    private string _python = "";

    [OneTimeSetUp]
    public void FindPython()
    {
        _python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(python => Run(python, "-c", "import torch") is not null) ?? "";
        if (_python.Length == 0)
        {
            Assert.Ignore("There is no Python with torch on this machine.");
        }
    }

    [TestCase("lenet.pt", true)]
    [TestCase("resnet.pt", true)]
    [TestCase("gpt.pt", true)]
    [TestCase("views.pt", false)]
    [TestCase("dtypes.pt", true)]
    [TestCase("sgd.pt", false)]
    [TestCase("adam.pt", false)]
    [TestCase("adam_legacy.pt", false)]
    public void PyTorchLoadsWhatWasReadAndWritten(string name, bool safe)
    {
        // weights_only of PyTorch 1.13 refuses any float outside a tensor, so checkpoints are loaded without it.
        PyTorchFile.TryReadFile(Path.Combine(Goldens.Folder, name), PyTorchLimits.Default, out PyTorchValue? root);
        using TestFolder folder = new();
        string written = Path.Combine(folder.Path, "written.pt");
        PyTorchFile.WriteFile(written, root!);
        string[] printed = Load(written, safe, Path.Combine(Goldens.Folder, name))!.Split("--\n");
        Assert.That(printed[0], Is.EqualTo(printed[1]).And.Not.Empty);
    }

    [Test]
    public void TiedWeightsAreTiedInPyTorch()
    {
        PyTorchFile.TryReadFile(Path.Combine(Goldens.Folder, "gpt.pt"), PyTorchLimits.Default, out PyTorchValue? root);
        using TestFolder folder = new();
        string written = Path.Combine(folder.Path, "written.pt");
        PyTorchFile.WriteFile(written, root!);
        Assert.That(Load(written, safe: true, "tied"), Does.EndWith("True\n"));
    }

    [Test]
    public void PyTorchLoadsAnOptimisersStateBuiltHere()
    {
        using TestFolder folder = new();
        string written = Path.Combine(folder.Path, "written.pt");
        PyTorchFile.WriteFile(written, OptimiserCheckpoint());
        Assert.That(Load(written, safe: false)!.Split('\n'), Is.SupersetOf(new[]
        {
            " dict 3", "/'state' dict 1", "/'state'/0 dict 1", "/'param_groups'/0/'lr' float 0.001", "/'param_groups'/0/'betas'/1 float 0.999",
            "/'param_groups'/0/'params'/0 int 0", "/'numbers'/0 int -1", "/'numbers'/3 int -9223372036854775808", "/'numbers'/5 bool True",
            "/'numbers'/6 NoneType None", "/'numbers'/7 str '\\xe9'",
        }));
    }

    /// <summary>More than 1,000 items and more than 256 values to remember: batches and long places of the memo.</summary>
    [Test]
    public void PyTorchLoadsManyTensors()
    {
        StateDict tensors = new(Enumerable.Range(0, 2500).Select(i => new KeyValuePair<string, StateTensor>($"t{i}", StateTensor.FromInt32([i, -i, .. new int[98]], 100))));
        using TestFolder folder = new();
        string written = Path.Combine(folder.Path, "written.pt");
        PyTorchFile.WriteFile(written, PyTorchStateDicts.ToTree(tensors));
        string[] lines = Load(written, safe: true)!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        PyTorchFile.TryReadFile(written, PyTorchLimits.Default, out PyTorchValue? root);
        Assert.That(lines[0], Is.EqualTo(" OrderedDict 2500"));
        Assert.That(lines[2500], Does.StartWith("/'t2499' tensor torch.int32 [100]"));
        Assert.That(PyTorchStateDicts.TryGet(root!, out StateDict? read).IsValid && read!["t2499"].ToInt32()[1] == -2499);
    }

    private static PyTorchDictionary OptimiserCheckpoint()
    {
        PyTorchDictionary momentum = Dict(("momentum_buffer", new PyTorchTensor(StateTensor.FromFloat32([1, 2], 2))));
        PyTorchDictionary group = Dict(
            ("lr", new PyTorchNumber(0.001)),
            ("betas", new PyTorchTuple([new PyTorchNumber(0.9), new PyTorchNumber(0.999)])),
            ("params", new PyTorchList([new PyTorchNumber(0L)])));
        PyTorchList numbers = new(
        [
            .. new[] { -1, 300, 70_000, long.MinValue, 1L << 40 }.Select(n => new PyTorchNumber(n)),
            new PyTorchNumber(true), PyTorchNone.Value, new PyTorchText("\u00e9"),
        ]);
        return Dict(
            ("state", new PyTorchDictionary([new(0, momentum)])),
            ("param_groups", new PyTorchList([group])),
            ("numbers", numbers));
    }

    private static PyTorchDictionary Dict(params (string Key, PyTorchValue Value)[] items) =>
        new(items.Select(item => new KeyValuePair<PyTorchKey, PyTorchValue>(item.Key, item.Value)));

    private string? Load(string path, bool safe, string more = "") => Run(_python, ["-c", Script, path, safe ? "safe" : "plain", more]);

    /// <summary>What a program prints, or null if it is not there or fails.</summary>
    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{program} ended with {process.ExitCode}: {errors.Result}"));
            }

            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
