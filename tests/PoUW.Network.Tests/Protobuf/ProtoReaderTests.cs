using System.Text;
using PoUW.Network.Protobuf;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Protobuf;

[TestFixture]
internal sealed class ProtoReaderTests
{
    [Test]
    public void What_is_written_is_read_in_order()
    {
        ProtoWriter inner = new();
        inner.WriteVarint(1, 7);
        ProtoWriter writer = new();
        writer.WriteVarint(1, 150);
        writer.WriteString(2, "tésting");
        writer.WriteBytes(3, inner.Written.Span);
        writer.WriteVarint(1000, ulong.MaxValue);
        writer.WriteBytes(4, []);
        ProtoReader reader = new(writer.Written.Span, 5);
        Assert.That((reader.Next(), reader.Field, reader.IsBytes, reader.Varint), Is.EqualTo((true, 1, false, 150ul)));
        Assert.That((reader.Next(), reader.Field, reader.IsBytes, reader.ReadString()), Is.EqualTo((true, 2, true, "tésting")));
        Assert.That((reader.Next(), reader.Field), Is.EqualTo((true, 3)));
        Assert.That(writer.Written.Span.Slice(reader.BytesOffset, reader.Bytes.Length).SequenceEqual(reader.Bytes), Is.True);
        ProtoReader nested = new(reader.Bytes, 1);
        Assert.That((nested.Next(), nested.Field, nested.Varint, nested.Next(), nested.IsMalformed), Is.EqualTo((true, 1, 7ul, false, false)));
        Assert.That((reader.Next(), reader.Field, reader.Varint), Is.EqualTo((true, 1000, ulong.MaxValue)));
        Assert.That((reader.Next(), reader.Field, reader.IsBytes, reader.Bytes.Length), Is.EqualTo((true, 4, true, 0)));
        Assert.That((reader.Next(), reader.IsMalformed), Is.EqualTo((false, false)));
    }

    [Test]
    public void The_bytes_are_those_of_the_protobuf_documentation()
    {
        ProtoWriter writer = new();
        writer.WriteVarint(1, 150);
        writer.WriteString(2, "testing");
        Assert.That(Convert.ToHexStringLower(writer.ToArray()), Is.EqualTo("089601120774657374696e67"));
        Assert.That(Convert.ToHexStringLower(writer.ToDelimited()), Is.EqualTo("0c089601120774657374696e67"));
        Assert.That(writer.Length, Is.EqualTo(12));
    }

    [Test]
    public void Numbers_of_fixed_width_are_skipped()
    {
        byte[] bytes = [0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x18, 9];
        ProtoReader reader = new(bytes, 3);
        Assert.That((reader.Next(), reader.Field, reader.IsBytes, reader.Varint), Is.EqualTo((true, 1, false, 0ul)));
        Assert.That((reader.Next(), reader.Field), Is.EqualTo((true, 2)));
        Assert.That((reader.Next(), reader.Field, reader.Varint), Is.EqualTo((true, 3, 9ul)));
        Assert.That((reader.Next(), reader.IsMalformed), Is.EqualTo((false, false)));
    }

    [TestCase("00", TestName = "field 0")]
    [TestCase("07", TestName = "field 0 with a wire type that does not exist")]
    [TestCase("0b", TestName = "a group")]
    [TestCase("0c", TestName = "the end of a group")]
    [TestCase("0e", TestName = "wire type 6")]
    [TestCase("08", TestName = "a number that is missing")]
    [TestCase("0880", TestName = "a number that is cut")]
    [TestCase("08ffffffffffffffffff02", TestName = "a number of 65 bits")]
    [TestCase("0880808080808080808080", TestName = "a number of eleven bytes")]
    [TestCase("0a", TestName = "a length that is missing")]
    [TestCase("0a01", TestName = "bytes that are missing")]
    [TestCase("0affffffffffffffffff01", TestName = "a length of 64 bits")]
    [TestCase("0affffffff07ff", TestName = "a length of 31 bits")]
    [TestCase("0d010203", TestName = "four bytes that are cut")]
    [TestCase("0901020304050607", TestName = "eight bytes that are cut")]
    [TestCase("8080808080808080808001", TestName = "a tag of eleven bytes")]
    [TestCase("f8ffffffffffffffff01", TestName = "a field number of 61 bits")]
    public void What_is_no_message_ends_the_reading(string hex)
    {
        ProtoReader reader = new(Convert.FromHexString(hex), 16);
        while (reader.Next())
        {
            Assert.Fail($"read field {reader.Field}");
        }

        Assert.That(reader.IsMalformed, Is.True);
        Assert.That(reader.Next(), Is.False, "and stays so");
    }

    [Test]
    public void More_fields_than_allowed_are_malformed()
    {
        byte[] three = [0x08, 1, 0x08, 2, 0x08, 3];
        Assert.That((Count(three, 3, out bool malformed), malformed), Is.EqualTo((3, false)));
        Assert.That((Count(three, 2, out malformed), malformed), Is.EqualTo((2, true)));
        Assert.That((Count(three, 0, out malformed), malformed), Is.EqualTo((0, true)));
        Assert.That((Count([], 0, out malformed), malformed), Is.EqualTo((0, false)));
    }

    [Test]
    public void Text_that_is_not_utf8_and_numbers_read_as_text_are_malformed()
    {
        ProtoReader bad = new([0x0a, 2, 0xc3, 0x28], 1);
        bad.Next();
        Assert.That((bad.ReadString(), bad.IsMalformed), Is.EqualTo(("", true)));
        ProtoReader number = new([0x08, 1], 1);
        number.Next();
        Assert.That((number.ReadString(), number.IsMalformed), Is.EqualTo(("", true)));
        ProtoReader surrogate = new([0x0a, 3, 0xed, 0xa0, 0x80], 1);
        surrogate.Next();
        Assert.That((surrogate.ReadString(), surrogate.IsMalformed), Is.EqualTo(("", true)));
    }

    [Test]
    public void Mutated_messages_never_break_the_reader()
    {
        Random mutations = new(10);
        ProtoWriter writer = new();
        writer.WriteVarint(1, 1234567);
        writer.WriteBytes(2, Encoding.UTF8.GetBytes("some bytes"));
        writer.WriteVarint(30, 5);
        byte[] valid = [.. writer.ToArray(), 0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8];
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(valid, mutations);
            ProtoReader reader = new(bytes, 8);
            int total = 0;
            while (reader.Next())
            {
                total += reader.Bytes.Length;
                Assert.That(reader.Field > 0 && (reader.IsBytes || reader.Bytes.IsEmpty), Is.True);
            }

            Assert.That(total, Is.LessThanOrEqualTo(bytes.Length));
        }
    }

    private static int Count(byte[] bytes, int maxFields, out bool malformed)
    {
        ProtoReader reader = new(bytes, maxFields);
        int count = 0;
        while (reader.Next())
        {
            count++;
        }

        malformed = reader.IsMalformed;
        return count;
    }
}
