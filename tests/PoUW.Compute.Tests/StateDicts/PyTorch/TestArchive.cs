using System.Buffers.Binary;
using PoUW.Compute.StateDicts.PyTorch;

namespace PoUW.Compute.Tests.StateDicts.PyTorch;

/// <summary>Archives of PyTorch with entries of one's choice.</summary>
internal static class TestArchive
{
    private const int CentralHeader = 46;

    /// <summary>An archive with a pickle and storages "0", "1" and so on.</summary>
    public static byte[] Create(byte[] pickle, params byte[][] storages) =>
        Create([("data.pkl", pickle), .. storages.Select((storage, i) => ($"data/{i}", storage))]);

    /// <summary>An archive with entries.</summary>
    public static byte[] Create(params (string Name, byte[] Content)[] entries)
    {
        using MemoryStream stream = new();
        TorchArchiveWriter writer = new(stream, "archive");
        foreach ((string name, byte[] content) in entries)
        {
            writer.Add(name, content);
        }

        writer.Finish();
        return stream.ToArray();
    }

    /// <summary>Replaces a field of the directory's record of an entry, for example 10 for the method.</summary>
    public static byte[] Patch(byte[] archive, string name, int field, uint value, int bytes)
    {
        byte[] result = [.. archive];
        Write(result, CentralOf(archive, name) + field, value, bytes);
        return result;
    }

    /// <summary>Replaces a field of the header in front of an entry.</summary>
    public static byte[] PatchLocal(byte[] archive, string name, int field, uint value, int bytes)
    {
        byte[] result = [.. archive];
        Write(result, (int)BinaryPrimitives.ReadUInt32LittleEndian(archive.AsSpan(CentralOf(archive, name) + 42)) + field, value, bytes);
        return result;
    }

    /// <summary>Overwrites bytes with a number; a field of eight bytes gets it twice.</summary>
    public static void Write(byte[] bytes, int at, uint value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            bytes[at + i] = (byte)((value >> (8 * (i % 4))) & byte.MaxValue);
        }
    }

    /// <summary>Where the directory's record of an entry is.</summary>
    public static int CentralOf(byte[] archive, string name) =>
        archive.AsSpan().LastIndexOf(System.Text.Encoding.UTF8.GetBytes($"archive/{name}")) - CentralHeader;
}
