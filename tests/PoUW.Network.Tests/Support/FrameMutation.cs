namespace PoUW.Network.Tests.Support;

/// <summary>Damages valid encodings in the ways that find decoder bugs: bits, bytes, lengths, cuts, repeats and splices. Deterministic by the generator.</summary>
internal static class FrameMutation
{
    private static readonly byte[] Telling = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 8, 10, 18];

    /// <summary>A damaged copy: one to four changes.</summary>
    public static byte[] Mutate(ReadOnlySpan<byte> valid, Random random)
    {
        List<byte> bytes = [.. valid];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            Change(bytes, random);
        }

        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(random.Next(1, 9), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0 when length > 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when length > 0:
                bytes[at] = Telling[random.Next(Telling.Length)];
                break;
            case 2 when length > 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                // A length that claims far more than there is.
                bytes.InsertRange(at, [0xff, 0xff, 0xff, 0xff, 0x07]);
                break;
        }
    }
}
