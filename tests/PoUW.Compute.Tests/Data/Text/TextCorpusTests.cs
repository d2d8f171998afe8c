using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PoUW.Compute.Data;
using PoUW.Compute.Data.Text;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Data.Text;

[TestFixture]
public sealed class TextCorpusTests
{
    [Test]
    public void CharactersAreUnicodeScalarsSortedByCodePoint()
    {
        TextCorpus corpus = Parse("b\u20ACa\U0001F600b", TextOptions.Default);
        Assert.Multiple(() =>
        {
            Assert.That(corpus.Vocabulary.Symbols, Is.EqualTo(new[] { 'a', 'b', 0x20AC, 0x1F600 }));
            Assert.That(corpus.AsSpan().ToArray(), Is.EqualTo(new[] { 1, 2, 0, 3, 1 }));
            Assert.That(corpus.Vocabulary.Decode(corpus.AsSpan()), Is.EqualTo("b\u20ACa\U0001F600b"));
            Assert.That(corpus.Vocabulary.IndexOf('z'), Is.Negative);
            Assert.That(corpus.Vocabulary.IndexOf(0x1F601), Is.Negative);
        });
    }

    [Test]
    public void BytesAreTheirOwnSymbols()
    {
        TextCorpus own = Parse("\u20ACb", new TextOptions { Unit = TextUnit.Byte });
        TextCorpus all = Parse("\u20ACb", new TextOptions { Vocabulary = CharVocabulary.Bytes });
        Assert.Multiple(() =>
        {
            Assert.That(own.Vocabulary.Symbols, Is.EqualTo(new[] { 'b', 0x82, 0xAC, 0xE2 }));
            Assert.That(own.AsSpan().ToArray(), Is.EqualTo(new[] { 3, 1, 2, 0 }));
            Assert.That(own.Vocabulary.Decode(own.AsSpan()), Is.EqualTo("\u20ACb"));
            Assert.That(all.AsSpan().ToArray(), Is.EqualTo(new[] { 0xE2, 0x82, 0xAC, 'b' }));
            Assert.That(all.Vocabulary.Decode([0xE2, 'x']), Is.EqualTo("\uFFFDx"), "a model may produce any bytes");
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public Property EveryTextComesBack() => Prop.ForAll(Texts(), text =>
        new[] { TextUnit.Character, TextUnit.Byte }.All(unit =>
        {
            TextCorpus corpus = Parse(text, new TextOptions { Unit = unit });
            return corpus.Vocabulary.Decode(corpus.AsSpan()) == text
                && corpus.Vocabulary.TryEncode(text, out int[] tokens).IsValid && corpus.AsSpan().SequenceEqual(tokens)
                && corpus.Count == (unit == TextUnit.Byte ? Encoding.UTF8.GetByteCount(text) : text.EnumerateRunes().Count());
        }));

    [Test]
    public void UnknownCharactersAreRefusedOrReplaced()
    {
        CharVocabulary known = new("ab?".EnumerateRunes());
        TextOptions options = new() { Vocabulary = known };
        Assert.Multiple(() =>
        {
            Assert.That(Refuse("abcd"u8, options).Message, Is.EqualTo("t.txt: content: character 2, 'c' (U+0063), is not in the vocabulary."));
            Assert.That(Refuse("a\n"u8, options).Message, Does.Contain("U+000A"));
            Assert.That(Parse("acb\u20AC", options with { Replacement = new Rune('?') }).AsSpan().ToArray(), Is.EqualTo(new[] { 1, 0, 2, 0 }));
            Assert.That(Refuse("a"u8, options with { Replacement = new Rune('z') }).Field, Is.EqualTo("replacement"));
            Assert.That(known.TryEncode("b\uD800", out _).Message, Does.Contain("half of a surrogate pair"));
            Assert.That(() => known.Decode([3]), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => known.Decode([-1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new CharVocabulary([]), Throws.ArgumentException);
        });
    }

    [TestCase(new byte[] { 97, 98, 0xFF, 99 }, 2, TestName = "No byte of UTF-8")]
    [TestCase(new byte[] { 97, 0xE2, 0x82 }, 1, TestName = "A character that is cut off")]
    [TestCase(new byte[] { 0xC0, 0x80 }, 0, TestName = "An overlong form")]
    [TestCase(new byte[] { 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0x80 }, 3, TestName = "A surrogate")]
    [TestCase(new byte[] { 97, 0x80 }, 1, TestName = "A continuation without a start")]
    public void InvalidUtf8IsNamedWithItsOffset(byte[] bytes, int offset)
    {
        foreach (TextUnit unit in Enum.GetValues<TextUnit>())
        {
            Assert.That(Refuse(bytes, new TextOptions { Unit = unit }).Message, Is.EqualTo($"t.txt: offset {offset}: the bytes are not valid UTF-8."));
        }
    }

    [Test]
    public void FilesAreJoinedInTheirOrder()
    {
        using TemporaryFolder folder = new();
        string one = folder.Write("one.txt", "\uFEFFba\r\n");
        string two = folder.Write("two.txt.gz", TemporaryFolder.Pack("c\uFEFF"u8.ToArray()));
        ValidationResult result = TextCorpus.TryRead([two, one], TextOptions.Default, DataLimits.Default, out TextCorpus? corpus);
        Assert.That(result.IsValid, Is.True, result.Message);
        Assert.That(corpus!.Vocabulary.Decode(corpus.AsSpan()), Is.EqualTo("c\uFEFFba\r\n"), "only the mark at the start of a file is dropped");

        string bad = folder.Write("bad.txt", [97, 0xFF]);
        Assert.Multiple(() =>
        {
            Assert.That(TextCorpus.TryRead([one, bad], TextOptions.Default, DataLimits.Default, out _).Message, Does.StartWith("bad.txt: offset 1: "));
            Assert.That(TextCorpus.TryRead([one, one], TextOptions.Default, new DataLimits { MaxBytes = 13 }, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(TextCorpus.TryRead([one], TextOptions.Default, new DataLimits { MaxBytes = 6 }, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(TextCorpus.TryRead([one], TextOptions.Default, new DataLimits { MaxSymbols = 3 }, out _).Field, Is.EqualTo("vocabulary"));
            Assert.That(TextCorpus.TryRead([], TextOptions.Default, DataLimits.Default, out _).Field, Is.EqualTo("vocabulary"));
            Assert.That(TextCorpus.TryRead([folder.Path + "/none"], TextOptions.Default, DataLimits.Default, out _).Message, Does.StartWith("none: content: "));
        });
    }

    [Test]
    public void WindowsOverlapByOneToken()
    {
        TextCorpus corpus = Parse("abcdefgh", TextOptions.Default);
        Dataset windows = corpus.ToWindows(3);
        Assert.Multiple(() =>
        {
            Assert.That(windows.Columns, Is.EqualTo(new[] { new DatasetColumn("tokens", TensorType.UInt8, [4]) }));
            Assert.That(windows.Records.ToArray(), Is.EqualTo(new byte[] { 0, 1, 2, 3, 3, 4, 5, 6 }));
            Assert.That(corpus.ToWindows(7).Count, Is.EqualTo(1));
            Assert.That(corpus.Slice(1, 4).ToWindows(3).Records.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
            Assert.That(() => corpus.ToWindows(8), Throws.ArgumentException);
            Assert.That(() => corpus.ToWindows(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    [TestCase(256, TensorType.UInt8)]
    [TestCase(257, TensorType.Int32)]
    public void TokensTakeFourBytesWhereOneIsNotEnough(int symbols, TensorType type)
    {
        string text = string.Concat(Enumerable.Range(0x4E00, symbols).Reverse().Select(code => (char)code));
        Dataset windows = Parse(text, TextOptions.Default).ToWindows(symbols - 1);
        Assert.That(windows.Column("tokens").Type, Is.EqualTo(type));
        Assert.That(windows.ToTensor("tokens", TensorType.Int32).Int32.ToArray(), Is.EqualTo(Enumerable.Range(0, symbols).Reverse()));
    }

    [Test]
    public void ReadingSurvivesMutations()
    {
        Random random = new(8);
        byte[] original = Encoding.UTF8.GetBytes("a\u00E9\u20AC\U0001F600z");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ValidationResult result = TextCorpus.TryParse(bytes, "f", TextOptions.Default, DataLimits.Default, out TextCorpus? corpus);
            bool valid = System.Text.Unicode.Utf8.IsValid(bytes);
            Assert.That(result.IsValid, Is.EqualTo(valid));
            Assert.That(!valid || corpus!.Vocabulary.Decode(corpus.AsSpan()) == Encoding.UTF8.GetString(bytes), Is.True);
        }
    }

    private static TextCorpus Parse(string text, TextOptions options)
    {
        ValidationResult result = TextCorpus.TryParse(Encoding.UTF8.GetBytes(text), "t.txt", options, DataLimits.Default, out TextCorpus? corpus);
        Assert.That(result.IsValid, Is.True, result.Message);
        return corpus!;
    }

    private static ValidationResult Refuse(ReadOnlySpan<byte> utf8, TextOptions options)
    {
        ValidationResult result = TextCorpus.TryParse(utf8.ToArray(), "t.txt", options, DataLimits.Default, out TextCorpus? corpus);
        Assert.That((result.IsValid, corpus), Is.EqualTo((false, (TextCorpus?)null)));
        return result;
    }

    private static Arbitrary<string> Texts() =>
        Gen.Choose(0, 0x10FFFF).Where(code => Rune.IsValid(code) && code != 0xFEFF).Or(Gen.Choose(0x20, 0x7E))
            .NonEmptyListOf().Select(codes => string.Concat(codes.Select(code => new Rune(code).ToString()))).ToArbitrary();
}
