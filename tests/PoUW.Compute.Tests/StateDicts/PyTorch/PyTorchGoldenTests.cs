using System.Text.Json;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.StateDicts.PyTorch;

/// <summary>Files of PyTorch, read and written.</summary>
[TestFixture]
public sealed class PyTorchGoldenTests
{
    [TestCaseSource(typeof(Goldens), nameof(Goldens.PyTorchFiles))]
    public void AFileHoldsWhatPyTorchSaved(string name)
    {
        ValidationResult result = PyTorchFile.TryReadFile(Path.Combine(Goldens.Folder, name), PyTorchLimits.Default, out PyTorchValue? root);
        Assert.That(result.IsValid, result.ToString());
        Goldens.AssertEqual(root!, Goldens.Expected(name), name);
    }

    [TestCaseSource(typeof(Goldens), nameof(Goldens.PyTorchFiles))]
    public void WhatIsWrittenIsReadAgain(string name)
    {
        byte[] bytes = Write(Read(Goldens.Read(name)));
        Goldens.AssertEqual(Read(bytes), Goldens.Expected(name), name);
        Assert.That(Write(Read(bytes)), Is.EqualTo(bytes), "Equal trees give equal bytes.");
    }

    [TestCaseSource(typeof(Goldens), nameof(Goldens.PyTorchFiles))]
    public void ReadingAllocatesLessThanTwiceTheFile(string name)
    {
        byte[] bytes = Goldens.Read(name);
        Read(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read(bytes);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Out.WriteLine($"{allocated} bytes for {bytes.Length}");
        Assert.That(allocated, Is.LessThan((2 * bytes.Length) + PyTorchLimits.Default.AllocationSlackBytes));
    }

    /// <summary>These hold plain dicts of contiguous tensors, so the pickles must be the same to the last instruction.</summary>
    [TestCase("dtypes.pt")]
    public void ThePickleIsThatOfPyTorch(string name)
    {
        byte[] original = Goldens.Read(name);
        AllocationBudget budget = new(original.Length, 2, 1 << 16);
        Assert.That(TorchArchive.TryOpen(original, PyTorchLimits.Default, budget, out TorchArchive? archive).IsValid);
        archive!.TryRead("data.pkl", out ReadOnlyMemory<byte> expected);
        PickleWriter writer = new();
        writer.Write(Read(original));
        Assert.That(writer.Bytes.ToArray(), Is.EqualTo(expected.ToArray()));
    }

    [TestCase("lenet.safetensors")]
    [TestCase("dtypes.safetensors")]
    public void ASafetensorsFileHoldsTheSame(string name)
    {
        byte[] bytes = Goldens.Read(name);
        ValidationResult result = SafetensorFile.TryDecode(bytes, SafetensorLimits.Default, out SafetensorFile? file);
        Assert.That(result.IsValid, result.ToString());
        foreach (JsonElement pair in Goldens.Expected(name).GetProperty("dict").EnumerateArray())
        {
            Goldens.AssertTensor(file!.Tensors[pair[0].GetString()!], pair[1], name);
        }

        Assert.That(file!.Encode(), Is.EqualTo(bytes), "The order of the reference writer.");
    }

    [Test]
    public void TiedWeightsShareTheirMemoryAndStayTied()
    {
        byte[] file = Goldens.Read("gpt.pt");
        StateDict tensors = StateDictOf(Read(file));
        Assert.That(tensors["lm_head.weight"].Data.Equals(tensors["wte.weight"].Data));
        StateDict again = StateDictOf(Read(Write(PyTorchStateDicts.ToTree(tensors))));
        Assert.That(again["lm_head.weight"].Data.Equals(again["wte.weight"].Data));
    }

    [Test]
    public void ContiguousTensorsArePartsOfTheFile()
    {
        byte[] file = Goldens.Read("lenet.pt");
        StateDict tensors = StateDictOf(Read(file));
        float before = tensors["fc2.bias"].ToFloat32()[0];
        Array.Clear(file);
        Assert.That(before, Is.Not.Zero);
        Assert.That(tensors.Select(t => t.Value.Data.Span.IndexOfAnyExcept((byte)0)), Is.All.EqualTo(-1));
    }

    [Test]
    public void ValuesOfViewsAreInTheirOrder()
    {
        StateDict tensors = StateDictOf(Read(Goldens.Read("views.pt")));
        Assert.Multiple(() =>
        {
            Assert.That(tensors["transposed"].ToFloat32().Take(6), Is.EqualTo(new[] { 0f, 20, 40, 5, 25, 45 }));
            Assert.That(tensors["strided"].ToFloat32().Take(4), Is.EqualTo(new[] { 1f, 3, 11, 13 }));
            Assert.That(tensors["diagonal"].ToInt64(), Is.EqualTo(new[] { 0, 5, 10, 15 }));
            Assert.That(tensors["expanded_scalar"].ToInt32(), Is.All.EqualTo(3));
            Assert.That(tensors["scalar_view"].ToFloat32(), Is.EqualTo(new[] { 59f }));
            Assert.That(tensors["empty_shape"].Shape, Is.EqualTo(new[] { 2, 0, 3 }));
        });
    }

    [Test]
    public void NumbersOfEveryTypeAreConverted()
    {
        StateDict tensors = StateDictOf(Read(Goldens.Read("dtypes.pt")));
        Assert.Multiple(() =>
        {
            foreach (string name in new[] { "float16", "bfloat16", "float32", "float64" })
            {
                float[] values = tensors[name].ToFloat32();
                Assert.That(values[..4], Is.EqualTo(new[] { 0, -0f, 1, -1.5f }), name);
                Assert.That(float.IsNegative(values[1]), name);
                Assert.That(values[4], Is.EqualTo(1 / 3f).Within(0.002f), name);
                Assert.That(values[9..11], Is.EqualTo(new[] { float.PositiveInfinity, float.NegativeInfinity }), name);
                Assert.That(values[11], Is.NaN, name);
            }

            Assert.That(tensors["float16"].ToFloat32()[5], Is.EqualTo(65504));
            Assert.That(tensors["bfloat16"].ToFloat32()[7], Is.EqualTo(1.17549435E-38f));
            Assert.That(tensors["int64"].ToInt64(), Is.EqualTo(new[] { 0, 1, long.MaxValue, long.MinValue, 77 }));
            Assert.That(tensors["int8"].ToInt32(), Is.EqualTo(new[] { 0, 1, 127, -128, 77 }));
            Assert.That(tensors["bool"].ToInt32(), Is.EqualTo(new[] { 1, 0, 0, 1 }));
        });
    }

    [Test]
    public void ACheckpointIsATreeOfModelAndOptimiser()
    {
        PyTorchDictionary root = (PyTorchDictionary)Read(Goldens.Read("adam.pt"));
        StateDict model = StateDictOf(root);
        PyTorchDictionary state = (PyTorchDictionary)((PyTorchDictionary)root["optimizer"])["state"];
        PyTorchDictionary first = (PyTorchDictionary)state[0];
        Assert.Multiple(() =>
        {
            Assert.That(model.Names, Has.Member("bn.num_batches_tracked"));
            Assert.That(model["bn.num_batches_tracked"].ToInt64(), Is.EqualTo(new[] { 3L }));
            Assert.That(((PyTorchTensor)first["step"]).Tensor.ToFloat32(), Is.EqualTo(new[] { 3f }));
            Assert.That(((PyTorchTensor)first["exp_avg"]).Tensor.Shape, Is.EqualTo(new[] { 5, 6 }));
            Assert.That(PyTorchStateDicts.TryGet(root, "model", out StateDict? named).IsValid && named!.Count == model.Count);
            Assert.That(PyTorchStateDicts.TryGet(root, "nothing", out _).Field, Is.EqualTo("nothing"));
            Assert.That(PyTorchStateDicts.TryGet(root, "epoch", out _).Field, Is.EqualTo("epoch"));
            Assert.That(PyTorchStateDicts.TryGet(first["exp_avg"], out _).IsValid, Is.False);
            Assert.That(PyTorchStateDicts.TryGet(state, out _).Field, Is.EqualTo("root"));
        });
    }

    private static PyTorchValue Read(byte[] file)
    {
        ValidationResult result = PyTorchFile.TryRead(file, PyTorchLimits.Default, out PyTorchValue? root);
        Assert.That(result.IsValid, result.ToString());
        return root!;
    }

    private static StateDict StateDictOf(PyTorchValue root)
    {
        ValidationResult result = PyTorchStateDicts.TryGet(root, out StateDict? tensors);
        Assert.That(result.IsValid, result.ToString());
        return tensors!;
    }

    private static byte[] Write(PyTorchValue root)
    {
        using MemoryStream stream = new();
        PyTorchFile.Write(stream, root);
        return stream.ToArray();
    }
}
