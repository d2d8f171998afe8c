using PoUW.Core.Randomness;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Tests.Protobuf;

[TestFixture]
internal sealed class VarintTests
{
    // The examples of the unsigned-varint specification, and the borders of each length.
    [TestCase(1ul, "01")]
    [TestCase(127ul, "7f")]
    [TestCase(128ul, "8001")]
    [TestCase(255ul, "ff01")]
    [TestCase(300ul, "ac02")]
    [TestCase(16384ul, "808001")]
    [TestCase(0ul, "00")]
    [TestCase(9223372036854775807ul, "ffffffffffffffff7f")]
    public void Numbers_have_one_form(ulong value, string hex)
    {
        byte[] written = new byte[Varint.MaxBytes];
        int length = Varint.Write(written, value);
        Assert.Multiple(() =>
        {
            Assert.That(Convert.ToHexStringLower(written.AsSpan(0, length)), Is.EqualTo(hex));
            Assert.That(Varint.LengthOf(value), Is.EqualTo(length));
            Assert.That((Varint.TryRead([.. written.AsSpan(0, length), 0xff], out ulong read), read), Is.EqualTo((length, value)));
        });
    }

    [TestCase("", 0, TestName = "nothing yet")]
    [TestCase("80", 0, TestName = "one byte of more")]
    [TestCase("ffffffffffffffff", 0, TestName = "eight bytes of nine")]
    [TestCase("8000", -1, TestName = "a zero in two bytes")]
    [TestCase("8100", -1, TestName = "a one in two bytes")]
    [TestCase("ff8000", -1, TestName = "a zero at the end")]
    [TestCase("80808080808080808001", -1, TestName = "ten bytes")]
    [TestCase("ffffffffffffffffff", -1, TestName = "nine bytes and more to come")]
    public void Other_forms_are_refused_or_waited_for(string hex, int expected)
    {
        Assert.That(Varint.TryRead(Convert.FromHexString(hex), out _), Is.EqualTo(expected));
    }

    [Test]
    public void Every_number_of_63_bits_is_read_as_it_was_written()
    {
        SeededRandomSource random = new(1, "varint");
        byte[] bytes = new byte[9];
        for (int i = 0; i < 50_000; i++)
        {
            random.Fill(bytes);
            ulong value = (BitConverter.ToUInt64(bytes) >> 1) >> (bytes[8] % 63);
            byte[] written = new byte[Varint.MaxBytes];
            int length = Varint.Write(written, value);
            Assert.That((Varint.TryRead(written, out ulong read), read), Is.EqualTo((length, value)));
            for (int cut = 0; cut < length; cut++)
            {
                Assert.That(Varint.TryRead(written.AsSpan(0, cut), out _), Is.Zero);
            }
        }
    }
}
