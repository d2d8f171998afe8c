using PoUW.Core.Validation;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

internal sealed class YamuxFrameHeaderTests
{
    [Test]
    public void KnownBytes()
    {
        byte[] bytes = new byte[YamuxFrameHeader.Size];
        new YamuxFrameHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Syn | YamuxFlags.Fin, 0x01020304, 0xa0b0c0d0).Write(bytes);
        Assert.That(Convert.ToHexString(bytes), Is.EqualTo("0001000501020304A0B0C0D0"));
        Assert.That(YamuxFrameHeader.TryRead(bytes, 1, out YamuxFrameHeader header).IsValid, Is.True);
        Assert.That(
            header, Is.EqualTo(new YamuxFrameHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Syn | YamuxFlags.Fin, 0x01020304, 0xa0b0c0d0)));
    }

    [TestCase("0001000000000001000000", ValidationCode.Malformed, TestName = "a byte is missing")]
    [TestCase("010000000000000100000000", ValidationCode.WrongVersion, TestName = "another version")]
    [TestCase("000400000000000100000000", ValidationCode.UnknownKind, TestName = "another type")]
    [TestCase("000000100000000100000000", ValidationCode.Malformed, TestName = "another flag")]
    [TestCase("000000000000000000000000", ValidationCode.Malformed, TestName = "data of no stream")]
    [TestCase("000100000000000000000000", ValidationCode.Malformed, TestName = "a window of no stream")]
    [TestCase("000200010000000100000000", ValidationCode.Malformed, TestName = "a ping of a stream")]
    [TestCase("000300000000000100000000", ValidationCode.Malformed, TestName = "an end of a stream")]
    [TestCase("000000000000000100000101", ValidationCode.TooLarge, TestName = "a longer payload")]
    public void WrongHeadersHaveACode(string hex, ValidationCode code)
    {
        ValidationResult result = YamuxFrameHeader.TryRead(Convert.FromHexString(hex), 256, out YamuxFrameHeader header);
        Assert.That((result.Code, header), Is.EqualTo((code, default(YamuxFrameHeader))));
    }

    [Test]
    public void AnythingReadsAsNothingOrAsWhatItIs()
    {
        Random mutations = new(5);
        byte[] valid = new byte[YamuxFrameHeader.Size];
        new YamuxFrameHeader(YamuxFrameType.Data, YamuxFlags.None, 1, 100).Write(valid);
        int read = 0;
        for (int i = 0; i < 30_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(valid, mutations);
            if (YamuxFrameHeader.TryRead(bytes, 1000, out YamuxFrameHeader header).IsValid)
            {
                read++;
                byte[] again = new byte[YamuxFrameHeader.Size];
                header.Write(again);
                Assert.That(again.AsSpan().SequenceEqual(bytes.AsSpan(0, YamuxFrameHeader.Size)), Is.True);
            }
        }

        Assert.That(read, Is.InRange(1_000, 29_000));
    }
}
