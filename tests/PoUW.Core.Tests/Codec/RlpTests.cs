using PoUW.Core.Codec;
using PoUW.Core.Randomness;

namespace PoUW.Core.Tests.Codec;

public sealed class RlpTests
{
    private const string Lorem = "Lorem ipsum dolor sit amet, consectetur adipisicing elit";

    // The examples of the Ethereum RLP page.
    [Test]
    public void Published_examples_of_strings_and_integers()
    {
        Assert.That(Hex(new RlpWriter().Write("dog")), Is.EqualTo("83646f67"));
        Assert.That(Hex(new RlpWriter().Write("")), Is.EqualTo("80"));
        Assert.That(Hex(new RlpWriter().Write(0UL)), Is.EqualTo("80"));
        Assert.That(Hex(new RlpWriter().Write(new byte[] { 0 })), Is.EqualTo("00"));
        Assert.That(Hex(new RlpWriter().Write(15UL)), Is.EqualTo("0f"));
        Assert.That(Hex(new RlpWriter().Write(1024UL)), Is.EqualTo("820400"));
        Assert.That(Hex(new RlpWriter().Write(Lorem)), Does.StartWith("b8384c6f72656d20"));
    }

    [Test]
    public void Published_examples_of_lists()
    {
        Assert.That(Hex(new RlpWriter().BeginList().Write("cat").Write("dog").EndList()), Is.EqualTo("c88363617483646f67"));
        Assert.That(Hex(new RlpWriter().BeginList().EndList()), Is.EqualTo("c0"));
        RlpWriter sets = new RlpWriter().BeginList().BeginList().EndList().BeginList().BeginList().EndList().EndList()
            .BeginList().BeginList().EndList().BeginList().BeginList().EndList().EndList().EndList().EndList();
        Assert.That(Hex(sets), Is.EqualTo("c7c0c1c0c3c0c1c0"));
    }

    [TestCase("8100", TestName = "single byte in the long form")]
    [TestCase("b80161", TestName = "short string with a long length")]
    [TestCase("b90038", TestName = "length with a leading zero")]
    [TestCase("83646f", TestName = "cut short")]
    [TestCase("83646f6700", TestName = "bytes left over")]
    [TestCase("c0", TestName = "list instead of string")]
    [TestCase("", TestName = "nothing")]
    [TestCase("bbffffffff", TestName = "length far beyond the data")]
    public void Deviations_from_the_canonical_string_fail(string hex)
    {
        RlpReader reader = new(Convert.FromHexString(hex));
        reader.ReadBytes(100);

        Assert.That(reader.TryFinish(), Is.False);
    }

    [Test]
    public void Integers_with_leading_zeros_or_too_large_fail()
    {
        RlpReader zeros = new(Convert.FromHexString("820001"));
        zeros.ReadUInt64();
        RlpReader large = new(Convert.FromHexString("820400"));
        large.ReadUInt64(1023);

        Assert.That(zeros.Failed, Is.True);
        Assert.That(large.Failed, Is.True);
    }

    [FsCheck.NUnit.Property]
    public bool Strings_and_integers_round_trip(byte[] bytes, ulong number)
    {
        byte[] encoded = new RlpWriter().BeginList().Write(bytes).Write(number).EndList().ToArray();
        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        bool same = items.ReadBytes(int.MaxValue).SequenceEqual(bytes) && items.ReadUInt64() == number;
        return same && items.TryFinish() && outer.TryFinish();
    }

    [Test]
    public void Random_bytes_never_throw_and_what_is_accepted_is_canonical()
    {
        SeededRandomSource random = new(1, "rlp");
        byte[] noise = new byte[12];
        for (int i = 0; i < 20_000; i++)
        {
            random.Fill(noise);
            RlpReader reader = new(noise);
            ReadOnlySpan<byte> item = reader.ReadBytes(noise.Length);
            if (!reader.Failed)
            {
                byte[] again = new RlpWriter().Write(item).ToArray();
                Assert.That(noise.AsSpan(0, again.Length).SequenceEqual(again), Is.True);
            }
        }
    }

    [Test]
    public void Every_header_form_is_written_and_read_at_its_bounds([Values(0, 1, 2, 55, 56, 255, 256, 65_535, 65_536, 16_777_215, 16_777_216)] int length)
    {
        byte[] payload = new byte[length];
        Array.Fill(payload, (byte)0xEE);
        using RlpWriter writer = new();
        writer.BeginList().Write(payload).EndList();
        RlpReader outer = new(writer.WrittenSpan);
        RlpReader items = outer.ReadList();

        Assert.That(items.ReadBytes(length).SequenceEqual(payload), Is.True);
        Assert.That(items.TryFinish() && outer.TryFinish(), Is.True);
    }

    [Test]
    public void Text_of_any_length_is_written_as_UTF8([Values(0, 1, 31, 32, 33, 300)] int letters)
    {
        string text = new('\u00e9', letters);
        RlpReader reader = new(new RlpWriter().Write(text).Finish());

        Assert.That(reader.ReadText(1_000), Is.EqualTo(text));
        Assert.That(reader.TryFinish(), Is.True);
    }

    [Test]
    public void Deep_nesting_round_trips()
    {
        const int Depth = 10_000;
        using RlpWriter writer = new();
        for (int i = 0; i < Depth; i++)
        {
            writer.BeginList();
        }

        for (int i = 0; i < Depth; i++)
        {
            writer.EndList();
        }

        RlpReader reader = new(writer.WrittenSpan);
        for (int i = 0; i < Depth; i++)
        {
            reader = reader.ReadList();
        }

        Assert.That(reader.TryFinish(), Is.True);
    }

    [Test]
    public void Lists_must_be_opened_and_closed()
    {
        using RlpWriter writer = new();

        Assert.That(() => writer.EndList(), Throws.InvalidOperationException);
        writer.BeginList();
        Assert.That(() => writer.ToArray(), Throws.InvalidOperationException);
        Assert.That(() => writer.Finish(), Throws.InvalidOperationException);
        Assert.That(Hex(writer.Reset().Write(1UL)), Is.EqualTo("01"));
    }

    [Test]
    public void A_writer_can_be_used_again_and_never_mixes_with_another()
    {
        RlpWriter first = new();
        byte[] a = first.BeginList().Write("first").EndList().Finish();
        first.Dispose();
        first.Dispose();
        using RlpWriter second = new();
        second.Write("second");
        byte[] b = first.Write("again").Finish();

        Assert.That(Hex(a), Is.EqualTo("c6856669727374"));
        Assert.That(Hex(second.ToArray()), Is.EqualTo("867365636f6e64"));
        Assert.That(Hex(b), Is.EqualTo("85616761696e"));
    }

    [Test]
    public void Encoding_again_costs_no_garbage_beyond_the_result()
    {
        using RlpWriter writer = new();
        byte[] payload = new byte[100];
        byte[] result = Sample(writer, payload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            result = Sample(writer, payload);
        }

        long perUse = (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
        Assert.That(perUse, Is.LessThanOrEqualTo(result.Length + 32));

        static byte[] Sample(RlpWriter writer, byte[] payload) =>
            writer.Reset().BeginList().Write("text").Write(payload).BeginList().Write(ulong.MaxValue).EndList().EndList().ToArray();
    }

    /// <summary>Injective: two trees of items have one encoding only if they are the same tree.</summary>
    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool Different_trees_have_different_encodings(int seed)
    {
        Fuzzer fuzzer = new(unchecked((ulong)seed), "trees");
        Dictionary<string, string> treeOf = [];
        using RlpWriter writer = new();
        for (int i = 0; i < 50; i++)
        {
            string tree = WriteTree(writer.Reset(), fuzzer, 3);
            if (!treeOf.TryAdd(Hex(writer.ToArray()), tree) && treeOf[Hex(writer.ToArray())] != tree)
            {
                return false;
            }
        }

        return true;
    }

    [Test]
    public void Mutated_trees_never_throw_and_what_reads_is_what_would_be_written()
    {
        Fuzzer fuzzer = new(3, "mutated trees");
        using RlpWriter writer = new();
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            WriteTree(writer.Reset(), fuzzer, 3);
            byte[] mutated = fuzzer.Mutate(writer.ToArray());
            RlpReader reader = new(mutated);
            writer.Reset();
            if (Copy(ref reader, writer) && reader.TryFinish())
            {
                accepted++;
                Assert.That(writer.WrittenSpan.SequenceEqual(mutated), Is.True, Hex(mutated));
            }
        }

        Assert.That(accepted, Is.GreaterThan(100), "Too few mutants are still valid for this test to mean anything.");
    }

    private static bool Copy(ref RlpReader reader, RlpWriter writer)
    {
        RlpReader probe = reader;
        RlpReader list = probe.ReadList();
        if (!probe.Failed)
        {
            reader = probe;
            writer.BeginList();
            while (!list.AtEnd)
            {
                if (!Copy(ref list, writer))
                {
                    return false;
                }
            }

            writer.EndList();
            return list.TryFinish();
        }

        writer.Write(reader.ReadBytes(int.MaxValue));
        return !reader.Failed;
    }

    private static string WriteTree(RlpWriter writer, Fuzzer fuzzer, int depth)
    {
        if (depth == 0 || fuzzer.Next(2) == 0)
        {
            byte[] leaf = new byte[fuzzer.Next(8) == 0 ? 50 + fuzzer.Next(20) : fuzzer.Next(3)];
            for (int i = 0; i < leaf.Length; i++)
            {
                leaf[i] = (byte)fuzzer.Next(256);
            }

            writer.Write(leaf);
            return $"'{Hex(leaf)}'";
        }

        writer.BeginList();
        List<string> items = [];
        int count = fuzzer.Next(4);
        for (int i = 0; i < count; i++)
        {
            items.Add(WriteTree(writer, fuzzer, depth - 1));
        }

        writer.EndList();
        return $"[{string.Join(',', items)}]";
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static string Hex(RlpWriter writer) => Convert.ToHexStringLower(writer.ToArray());
}
