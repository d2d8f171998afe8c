using System.Buffers.Binary;
using System.Text;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Reference;

/// <summary>A slot as the container declares it; kind 1 is an input.</summary>
internal sealed record ReferenceSlot(string Name, TensorType Type, int Rows, int Columns, int Kind);

/// <summary>An entry point as the container declares it.</summary>
internal sealed record ReferenceEntry(string Name, int Offset, int Parameters);

/// <summary>
/// The container of a program, read by docs/vm.md: RLP list [2, entries, slots, constants, checkpoints, memory bytes, code]. Meant for bytes
/// that the verifier accepted, so it checks nothing but the version.
/// </summary>
internal sealed class ReferenceProgram
{
    private ReferenceProgram(List<object> parts)
    {
        Assert.That(Number(parts[0]), Is.EqualTo(2), "version");
        Entries = [.. Items(parts[1]).Select(Items).Select(e => new ReferenceEntry(Text(e[0]), Number(e[1]), Number(e[2])))];
        Slots = [.. Items(parts[2]).Select(Items).Select(s =>
            new ReferenceSlot(Text(s[0]), (TensorType)Number(s[1]), Number(s[2]), Number(s[3]), Number(s[4])))];
        Constants = [.. Items(parts[3]).Select(c => BinaryPrimitives.ReadInt64BigEndian((byte[])c))];
        Checkpoints = [.. Items(parts[4]).Select(Text)];
        MemoryBytes = Number(parts[5]);
        Code = (byte[])parts[6];
    }

    public IReadOnlyList<ReferenceEntry> Entries { get; }

    public IReadOnlyList<ReferenceSlot> Slots { get; }

    public IReadOnlyList<long> Constants { get; }

    public IReadOnlyList<string> Checkpoints { get; }

    public int MemoryBytes { get; }

    public byte[] Code { get; }

    public static ReferenceProgram Parse(byte[] bytes)
    {
        int at = 0;
        return new ReferenceProgram(Items(Read(bytes, ref at)));
    }

    /// <summary>One item: a byte array or a list of items.</summary>
    private static object Read(byte[] bytes, ref int at)
    {
        int first = bytes[at++];
        if (first < 0x80)
        {
            return new[] { (byte)first };
        }

        int length = first % 0x40;
        if (length > 55)
        {
            int digits = length - 55;
            length = 0;
            for (; digits > 0; digits--)
            {
                length = (length * 256) + bytes[at++];
            }
        }

        int end = at + length;
        if (first < 0xC0)
        {
            (int start, at) = (at, end);
            return bytes[start..end];
        }

        List<object> items = [];
        while (at < end)
        {
            items.Add(Read(bytes, ref at));
        }

        return items;
    }

    private static List<object> Items(object item) => (List<object>)item;

    private static int Number(object item) => ((byte[])item).Aggregate(0, (number, digit) => (number * 256) + digit);

    private static string Text(object item) => Encoding.ASCII.GetString((byte[])item);
}
