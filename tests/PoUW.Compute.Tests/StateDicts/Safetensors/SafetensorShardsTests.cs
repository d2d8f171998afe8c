using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.StateDicts.Safetensors;

[TestFixture]
public sealed class SafetensorShardsTests
{
    private readonly TestFolder _folder = new();

    [OneTimeSetUp]
    public void WriteShards()
    {
        Write("a-00001-of-00002.safetensors", ("one", 1), ("two", 2));
        Write("a-00002-of-00002.safetensors", ("three", 3));
    }

    [OneTimeTearDown]
    public void RemoveShards() => _folder.Dispose();

    [Test]
    public void TensorsComeInTheOrderOfTheIndex()
    {
        ValidationResult result = Read(
            "{\"metadata\":{\"total_size\":12},\"weight_map\":{\"three\":\"a-00002-of-00002.safetensors\",\"one\":\"a-00001-of-00002.safetensors\"}}",
            out StateDict? tensors);
        Assert.That(result.IsValid, result.ToString());
        Assert.That(tensors!.Select(t => (t.Key, t.Value.ToInt32()[0])), Is.EqualTo(new[] { ("three", 3), ("one", 1) }));
    }

    [TestCase("{\"weight_map\":{\"x\":\"a-00001-of-00002.safetensors\"}}", "x")]
    [TestCase("{\"weight_map\":{\"one\":\"missing.safetensors\"}}", "missing.safetensors")]
    [TestCase("{\"weight_map\":{\"one\":\"../a.safetensors\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":\"/etc/passwd\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":\"C:\\\\a\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":\"sub/a\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":\"sub\\\\a\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":\"..\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":\"\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":\"a\\u0000b\"}}", "weight_map")]
    [TestCase("{\"weight_map\":{\"one\":5}}", "weight_map")]
    [TestCase("{\"weight_map\":[]}", "weight_map")]
    [TestCase("{}", "weight_map")]
    [TestCase("[]", "weight_map")]
    [TestCase("{", "index")]
    [TestCase("{\"weight_map\":{\"one\":\"a\",\"one\":\"a\"}}", "index")]
    [TestCase("{\"weight_map\":{\"\\ud800\":\"a\"}}", "index")]
    public void ABadIndexIsRefused(string index, string field)
    {
        ValidationResult result = Read(index, out StateDict? tensors);
        Assert.That(result.Field, Is.EqualTo(field), result.ToString());
        Assert.That(tensors, Is.Null);
    }

    [Test]
    public void ABadShardIsNamed()
    {
        File.WriteAllBytes(Path.Combine(_folder.Path, "bad.safetensors"), [1, 2, 3]);
        ValidationResult result = Read("{\"weight_map\":{\"one\":\"bad.safetensors\"}}", out _);
        Assert.That(result.Field, Is.EqualTo("header"));
        Assert.That(result.Message, Does.StartWith("bad.safetensors: "));
    }

    [Test]
    public void LimitsHold()
    {
        const string Index = "{\"weight_map\":{\"three\":\"a-00002-of-00002.safetensors\",\"one\":\"a-00001-of-00002.safetensors\"}}";
        Assert.Multiple(() =>
        {
            Assert.That(Read(Index, out _, new() { MaxShards = 1 }).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(Read(Index, out _, new() { MaxTensors = 1 }).IsValid, Is.False);
            Assert.That(Read(Index, out _, new() { MaxIndexBytes = 10 }).Code, Is.EqualTo(ValidationCode.TooLarge));
        });
    }

    private void Write(string file, params (string Name, int Value)[] tensors) => new SafetensorFile(
        new StateDict(tensors.Select(t => new KeyValuePair<string, StateTensor>(t.Name, StateTensor.FromInt32([t.Value])))),
        new Dictionary<string, string>()).WriteFile(Path.Combine(_folder.Path, file));

    private ValidationResult Read(string index, out StateDict? tensors, SafetensorLimits? limits = null)
    {
        string path = Path.Combine(_folder.Path, "model.safetensors.index.json");
        File.WriteAllText(path, index);
        return SafetensorShards.TryRead(path, limits ?? SafetensorLimits.Default, out tensors);
    }
}
