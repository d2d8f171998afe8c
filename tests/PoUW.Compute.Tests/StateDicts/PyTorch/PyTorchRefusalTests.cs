using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.StateDicts.PyTorch;

/// <summary>Pickles that want to run code, or to make the reader use memory or time: each is refused where it starts to.</summary>
[TestFixture]
public sealed class PyTorchRefusalTests
{
    private static readonly float[] Four = [1, 2, 3, 4];

    private static IEnumerable<TestCaseData> Attacks()
    {
        yield return Attack("os.system", P().Global("os", "system").Text("id").Add("\u0085R"), "data.pkl@2", ValidationCode.NotAllowed, "os.system");
        yield return Attack("eval", P().Global("builtins", "eval").Text("1").Add("\u0085R"), "data.pkl@2", ValidationCode.NotAllowed, "builtins.eval");
        yield return Attack("eval of Python 2", P().Global("__builtin__", "eval"), "data.pkl@2", ValidationCode.NotAllowed, "eval");
        yield return Attack("posix.system", P().Text("posix").Text("system").Add("\u0093"), "data.pkl@23", ValidationCode.NotAllowed, "posix.system");
        yield return Attack("getattr chain", P().Global("builtins", "getattr").Global("torch", "hub").Text("load").Add("\u0086R"), "data.pkl@2", ValidationCode.NotAllowed, "getattr");
        yield return Attack("attribute of an allowed name", P().Text("collections").Text("OrderedDict.__init__.__globals__").Add("\u0093"), "data.pkl@55", ValidationCode.NotAllowed, "__globals__");
        yield return Attack("torch.load", P().Global("torch.serialization", "load"), "data.pkl@2", ValidationCode.NotAllowed, "torch.serialization.load");
        yield return Attack("line break in a name", P().Text("collections\nOrderedDict").Text("").Add("\u0093"), "data.pkl@35", ValidationCode.NotAllowed, "OrderedDict");
        yield return Attack("INST", P().Add("(ios\nsystem\n"), "data.pkl@3", ValidationCode.NotAllowed, "INST");
        yield return Attack("OBJ", P().Add("(").Global("torch", "Size").Add("o"), "data.pkl@15", ValidationCode.NotAllowed, "OBJ");
        yield return Attack("NEWOBJ", P().Global("torch", "Tensor").Add(")\u0081"), "data.pkl@17", ValidationCode.NotAllowed, "NEWOBJ");
        yield return Attack("NEWOBJ_EX", P().Global("torch", "Tensor").Add(")}\u0092"), "data.pkl@18", ValidationCode.NotAllowed, "NEWOBJEX");
        yield return Attack("EXT1", P().Add("\u0082\u0001"), "data.pkl@2", ValidationCode.NotAllowed, "EXT1");
        yield return Attack("EXT2", P().Add("\u0083\u0001\0"), "data.pkl@2", ValidationCode.NotAllowed, "EXT2");
        yield return Attack("EXT4", P().Add("\u0084\u0001\0\0\0"), "data.pkl@2", ValidationCode.NotAllowed, "EXT4");
        yield return Attack("PERSID", P().Add("Pstorage\n"), "data.pkl@2", ValidationCode.NotAllowed, "PERSID");
        yield return Attack("BUILD of a list", P().Add("]}b"), "data.pkl@4", ValidationCode.NotAllowed, "BUILD");
        yield return Attack("BUILD of a dict", P().Add("}}b"), "data.pkl@4", ValidationCode.NotAllowed, "BUILD");
        yield return Attack("BUILD of a class", P().Global("torch", "Tensor").Add("}b"), "data.pkl@17", ValidationCode.NotAllowed, "BUILD");
        yield return Attack("unknown instruction", P().Add("\u00FF"), "data.pkl@2", ValidationCode.UnknownKind, "0xFF");
        yield return Attack("text of protocol 0", P().Add("S'x'\n"), "data.pkl@2", ValidationCode.UnknownKind, "0x53");
        yield return Attack("protocol 5", P().Add("\u0080\u0005"), "data.pkl@2", ValidationCode.WrongVersion, "Protocol 5");
        yield return Attack("REDUCE of a text", P().Text("f").Add(")R"), "data.pkl@9", ValidationCode.Malformed, "REDUCE");
        yield return Attack("call of a class", P().Global("torch", "Tensor").Add(")R"), "data.pkl@17", ValidationCode.Malformed, "TensorClass");
        yield return Attack("call of a storage", P().Global("torch", "FloatStorage").Add("K\u0005\u0085R"), "data.pkl@25", ValidationCode.Malformed, "Storage");
        yield return Attack("OrderedDict of something", P().Global("collections", "OrderedDict").Add("]\u0085R"), "data.pkl@29", ValidationCode.Malformed, "OrderedDict");
        yield return Attack("class as a value", P().Global("torch", "Tensor"), "data.pkl", ValidationCode.TooLarge, "class");
        yield return Attack("class in a list", P().Add("]").Global("torch", "Tensor").Add("a"), "data.pkl", ValidationCode.TooLarge, "class");
        yield return Attack("rebuild of a rebuild", P().Global("torch._tensor", "_rebuild_from_type_v2").Put(0).Add("(").Get(0).Global("torch", "Tensor").Add(")}tR"), "data.pkl@61", ValidationCode.Malformed, "RebuildFromType");
    }

    private static IEnumerable<TestCaseData> Bombs()
    {
        yield return Attack("deep lists", Repeat(P(), 66, (p, _) => p.Add("]")).Add(new string('a', 65)), "data.pkl", ValidationCode.TooLarge, "64 deep");
        yield return Attack("deep tuples", Repeat(P().Add("]"), 1000, (p, _) => p.Add("\u0085")), "data.pkl", ValidationCode.TooLarge, "deep");
        yield return Attack("open marks", Repeat(P(), 65, (p, _) => p.Add("(")), "data.pkl@66", ValidationCode.TooLarge, "64 containers");
        yield return Attack("list in itself", P().Add("]").Put(0).Get(0).Add("a"), "data.pkl", ValidationCode.TooLarge, "itself");
        yield return Attack("dict in itself by a tuple", P().Add("}").Put(0).Text("k").Get(0).Add("\u0085s"), "data.pkl", ValidationCode.TooLarge, "itself");
        yield return Attack("billion laughs", Laughs(), "data.pkl", ValidationCode.TooLarge, "values if shared");
        yield return Attack("gap in the memo", P().Add("]r\u00FF\u00FF\u00FF\u007F"), "data.pkl@3", ValidationCode.TooLarge, "remembered");
        yield return Attack("negative place in the memo", P().Add("]r\u00FF\u00FF\u00FF\u00FF"), "data.pkl@3", ValidationCode.TooLarge, "remembered");
        yield return Attack("memo of everything", Repeat(P().Add("N\u0094"), 1_000_000, (p, _) => p.Add("\u0094")), "data.pkl@", ValidationCode.TooLarge, "memory");
        yield return Attack("empty lists", Repeat(P(), 1_000_000, (p, _) => p.Add("]")), "data.pkl@", ValidationCode.TooLarge, "memory");
        yield return Attack("empty dicts", Repeat(P(), 1_000_000, (p, _) => p.Add("}")), "data.pkl@", ValidationCode.TooLarge, "memory");
        yield return Attack("small dicts", Repeat(P(), 100_000, (p, _) => p.Add("}K\u0001Ns")), "data.pkl@", ValidationCode.TooLarge, "memory");
        yield return Attack("long text", P().Text(new string('x', (1 << 16) + 1)), "data.pkl@2", ValidationCode.TooLarge, "limit is 65536");
        yield return Attack("text beyond the end", P().Add("X\u00FF\u00FF\u00FF\u007Fab"), "data.pkl@2", ValidationCode.Malformed, "ends too early");
        yield return Attack("text of more than 2 GiB", P().Add("X\u00FF\u00FF\u00FF\u00FFab"), "data.pkl@2", ValidationCode.Malformed, "ends too early");
        yield return Attack("number of 255 bytes", P().Add("\u008A\u00FF" + new string('\u0001', 255)), "data.pkl@2", ValidationCode.OutOfRange, "255 bytes");
        yield return Attack("name without end", P().Add("c" + new string('a', 5000)), "data.pkl@2", ValidationCode.Malformed, "does not end");
        yield return Attack("long name", P().Text(new string('a', 300)).Text("b").Add("\u0093"), "data.pkl@313", ValidationCode.TooLarge, "too long");
    }

    private static IEnumerable<TestCaseData> BrokenPickles()
    {
        yield return Attack("nothing on the stack", P(), "data.pkl@2", ValidationCode.Malformed, "0 values");
        yield return Attack("two values", P().Add("NN"), "data.pkl@4", ValidationCode.Malformed, "2 values");
        yield return Attack("open mark at the end", P().Add("N("), "data.pkl@4", ValidationCode.Malformed, "1 values");
        yield return Attack("no mark", P().Add("Nt"), "data.pkl@3", ValidationCode.Malformed, "no mark");
        yield return Attack("append below a mark", P().Add("](Na"), "data.pkl@5", ValidationCode.Malformed, "stack");
        yield return Attack("reduce below a mark", P().Global("collections", "OrderedDict").Add("()R"), "data.pkl@29", ValidationCode.Malformed, "stack");
        yield return Attack("append to a dict", P().Add("}Na"), "data.pkl@4", ValidationCode.Malformed, "no list");
        yield return Attack("set in a list", P().Add("]NNs"), "data.pkl@5", ValidationCode.Malformed, "no dict");
        yield return Attack("half a pair", P().Add("}(Nu"), "data.pkl@5", ValidationCode.Malformed, "stack");
        yield return Attack("key of None", P().Add("}NNs"), "data.pkl@5", ValidationCode.Malformed, "neither text nor int");
        yield return Attack("key twice", P().Add("}(K\u0001NK\u0001Nu"), "data.pkl@10", ValidationCode.Malformed, "twice");
        yield return Attack("unknown value of the memo", P().Add("h\0"), "data.pkl@2", ValidationCode.Malformed, "never remembered");
        yield return Attack("text that is no UTF-8", P().Add("X\u0001\0\0\0\u00FF"), "data.pkl@2", ValidationCode.Malformed, "UTF-8");
        yield return Attack("memo of nothing", P().Add("q\0"), "data.pkl@2", ValidationCode.Malformed, "stack");
    }

    private static IEnumerable<TestCaseData> BadTensors()
    {
        yield return View("one element too many", 0, [5], [1], "reaches beyond the 4");
        yield return View("offset", 2, [3], [1], "reaches beyond");
        yield return View("negative offset", -1, [1], [1], "negative");
        yield return View("negative size", 0, [-1], [1], "negative");
        yield return View("negative stride", 3, [2], [-1], "negative");
        yield return View("huge stride", 0, [2], [long.MaxValue], "reaches beyond");
        yield return View("huge strides that wrap", 0, [3, 3], [long.MaxValue, long.MaxValue], "reaches beyond");
        yield return View("sizes that overflow", 0, [1L << 32, 1L << 32], [0, 0], "overflow");
        yield return View("sizes that overflow to something small", 0, [1L << 61, 8, 1L << 61], [0, 0, 0], "overflow");
        yield return View("expansion", 0, [1L << 40], [0], "more memory");
        yield return View("expansion to 1 MiB", 0, [1 << 18], [0], "more memory");
        yield return View("expansion beyond arrays", 0, [1L << 31, 4], [0, 0], "more memory");
        yield return View("huge offset", long.MaxValue, [1], [1], "reaches beyond");
    }

    [TestCaseSource(nameof(Attacks))]
    [TestCaseSource(nameof(Bombs))]
    [TestCaseSource(nameof(BrokenPickles))]
    public void APickleIsRefused(byte[] pickle, string field, ValidationCode code, string message)
    {
        byte[] file = TestArchive.Create(pickle);
        AssertRefused(file, field, code, message);
        AssertBounded(file);
    }

    [TestCaseSource(nameof(BadTensors))]
    public void AViewIsRefused(byte[] pickle, string message)
    {
        byte[] file = TestArchive.Create(pickle, Bytes(Four));
        AssertRefused(file, "data.pkl@", ValidationCode.OutOfRange, message);
        AssertBounded(file);
    }

    [Test]
    public void AnUnfinishedPickleIsRefused()
    {
        byte[] whole = P().Add("}(").Text("a").Tensor("0", 4, 0, [4], [1]).Text("b").Add("G").Number(5).Add("u").End();
        for (int length = 0; length < whole.Length; length++)
        {
            ValidationResult result = Read(TestArchive.Create(whole[..length], Bytes(Four)), out _);
            Assert.That(result.IsValid, Is.False, $"{length} bytes");
        }
    }

    [Test]
    public void BytesBehindThePickleAreRefused() => AssertRefused(TestArchive.Create([.. P().Add("N").End(), 0]), "data.pkl", ValidationCode.Malformed, "follow");

    [TestCase("FloatStorage", "1", 4, "data/1", "no such entry")]
    [TestCase("FloatStorage", "../data.pkl", 4, "data/../data.pkl", "no such entry")]
    [TestCase("FloatStorage", "", 4, "data/", "no such entry")]
    [TestCase("FloatStorage", "0", 5, "data/0", "16 bytes")]
    [TestCase("DoubleStorage", "0", 4, "data/0", "16 bytes")]
    [TestCase("FloatStorage", "0", -4, "data/0", "negative")]
    [TestCase("FloatStorage", "0", long.MaxValue, "data/0", "16 bytes")]
    [TestCase("FloatStorage", "0", 1L << 62, "data/0", "16 bytes")]
    public void AWrongStorageIsRefused(string type, string key, long count, string field, string message)
    {
        byte[] file = TestArchive.Create(P().Tensor(key, count, 0, [1], [1], type).End(), Bytes(Four));
        ValidationResult result = Read(file, out _);
        Assert.That(result.Field, Does.EndWith("/" + field));
        Assert.That(result.Message, Does.Contain(message));
    }

    [Test]
    public void AStorageOfTwoTypesIsRefused()
    {
        byte[] pickle = P().Tensor("0", 4, 0, [1], [1]).Tensor("0", 4, 0, [1], [1], "IntStorage").Add("\u0086").End();
        Assert.That(Read(TestArchive.Create(pickle, Bytes(Four)), out _).Message, Does.Contain("elsewhere"));
    }

    [Test]
    public void TensorsOfUntypedStoragesAreRead()
    {
        byte[] pickle = P().Global("torch._utils", "_rebuild_tensor_v3").Add("((").Text("storage").Global("torch.storage", "UntypedStorage")
            .Text("0").Text("cpu").Add("K\u0010tQK\u0001K\u0003\u0085K\u0001\u0085\u0089").Global("collections", "OrderedDict").Add(")R")
            .Global("torch", "uint32").Add("tR").End();
        Assert.That(Read(TestArchive.Create(pickle, Bytes(Four)), out PyTorchValue? root).IsValid);
        StateTensor tensor = ((PyTorchTensor)root!).Tensor;
        Assert.That(tensor.Type, Is.EqualTo(StateTensorType.UInt32));
        Assert.That(tensor.ToInt64()[2], Is.EqualTo(BitConverter.SingleToInt32Bits(4)));
    }

    [Test]
    public void StridesOfSingleElementsMeanNothing()
    {
        byte[] pickle = P().Tensor("0", 4, 0, [2, 1, 2], [1, long.MaxValue, 2]).End();
        Assert.That(Read(TestArchive.Create(pickle, Bytes(Four)), out PyTorchValue? root).IsValid);
        Assert.That(((PyTorchTensor)root!).Tensor.ToFloat32(), Is.EqualTo(new[] { 1f, 3, 2, 4 }));
    }

    [Test]
    public void LimitsHold()
    {
        byte[] pickle = P().Add("](").Text("abc").Tensor("0", 4, 0, [2, 2], [2, 1]).Add("e").End();
        byte[] file = TestArchive.Create(pickle, Bytes(Four));
        PyTorchLimits ok = PyTorchLimits.Default;
        Assert.Multiple(() =>
        {
            Assert.That(Read(file, out _).IsValid);
            Assert.That(PyTorchFile.TryRead(file, ok with { MaxOpcodes = 5 }, out _).Message, Does.Contain("5 instructions"));
            Assert.That(Read(TestArchive.Create(P().Add("N\u0094\u0094\u0094").End()), out _).IsValid);
            Assert.That(PyTorchFile.TryRead(TestArchive.Create(P().Add("N\u0094\u0094\u0094").End()), ok with { MaxMemo = 2 }, out _).Message, Does.Contain("limit is 2"));
            Assert.That(PyTorchFile.TryRead(file, ok with { MaxTextBytes = 2 }, out _).Message, Does.Contain("limit is 2"));
            Assert.That(PyTorchFile.TryRead(file, ok with { MaxRank = 1 }, out _).Message, Does.Contain("at most 1"));
            Assert.That(PyTorchFile.TryRead(file, ok with { MaxEntries = 1 }, out _).Field, Is.EqualTo("zip directory"));
            Assert.That(PyTorchFile.TryRead(file, ok with { MaxValues = 2 }, out _).Message, Does.Contain("2 values"));
            Assert.That(PyTorchFile.TryRead(file, ok with { AllocationFactor = 0, AllocationSlackBytes = 10 }, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        });
    }

    private static PickleBytes P() => new();

    private static TestCaseData Attack(string name, PickleBytes pickle, string field, ValidationCode code, string message) =>
        new TestCaseData(pickle.End(), field, code, message).SetArgDisplayNames(name);

    private static TestCaseData View(string name, long offset, long[] shape, long[] strides, string message) =>
        new TestCaseData(P().Tensor("0", 4, offset, shape, strides).End(), message).SetArgDisplayNames(name);

    private static PickleBytes Repeat(PickleBytes pickle, int times, Action<PickleBytes, int> add)
    {
        for (int i = 0; i < times; i++)
        {
            add(pickle, i);
        }

        return pickle;
    }

    /// <summary>Thirty lists, each with the one before it twice.</summary>
    private static PickleBytes Laughs()
    {
        PickleBytes pickle = P().Add("]").Put(0);
        for (int i = 0; i < 30; i++)
        {
            // The list before is replaced on the stack by a tuple's item, so that one value is left at the end.
            pickle.Get(i).Add("\u0086").Put(i + 1);
        }

        return pickle;
    }

    private static byte[] Bytes(float[] values) => StateTensor.FromFloat32(values, values.Length).Data.ToArray();

    private static ValidationResult Read(byte[] file, out PyTorchValue? root) => PyTorchFile.TryRead(file, PyTorchLimits.Default, out root);

    private static void AssertRefused(byte[] file, string field, ValidationCode code, string message)
    {
        ValidationResult result = Read(file, out PyTorchValue? root);
        Assert.Multiple(() =>
        {
            Assert.That(result.Code, Is.EqualTo(code), result.ToString());
            Assert.That(result.Field, field.EndsWith('@') ? Does.StartWith(field) : Is.EqualTo(field), result.ToString());
            Assert.That(result.Message, Does.Contain(message));
            Assert.That(root, Is.Null);
        });
    }

    private static void AssertBounded(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read(file, out _);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.LessThan((2L * file.Length) + PyTorchLimits.Default.AllocationSlackBytes + 4096));
    }
}
