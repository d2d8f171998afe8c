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

    private static string Hex(RlpWriter writer) => Convert.ToHexStringLower(writer.ToArray());
}
