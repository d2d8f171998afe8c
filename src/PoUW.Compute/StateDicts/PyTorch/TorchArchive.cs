using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// The zip archive of a PyTorch file. Stricter than zip: entries are stored, neither compressed nor encrypted, have names once and in
/// one folder, lie within the file in front of the directory, and do not overlap; nothing comes behind the directory. So the archive
/// cannot unfold to more than it is. Entries are parts of the file; their checksums are compared when they are read.
/// </summary>
internal sealed class TorchArchive
{
    private const int EntryBytes = 112;
    private const int MaxNameBytes = 1024;
    private const string Directory = "zip directory";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _file;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private int _rootBytes;

    private TorchArchive(ReadOnlyMemory<byte> file) => _file = file;

    private readonly record struct Entry(int Start, int Offset, int Length, uint Crc);

    /// <summary>Reads the directory.</summary>
    public static ValidationResult TryOpen(ReadOnlyMemory<byte> file, PyTorchLimits limits, AllocationBudget budget, out TorchArchive? archive)
    {
        archive = new TorchArchive(file);
        ValidationResult result = archive.TryReadDirectory(limits, budget);
        archive = result.IsValid ? archive : null;
        return result;
    }

    /// <summary>True if there is an entry of the name, without the folder of the archive.</summary>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>True if an entry lies in a folder of the archive.</summary>
    public bool ContainsFolder(string folder) => _entries.Keys.Any(name => name.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>The content of an entry.</summary>
    public ValidationResult TryRead(ReadOnlySpan<char> name, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (!_entries.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out Entry entry))
        {
            return Bad(name.ToString(), "The archive has no such entry.");
        }

        content = _file.Slice(entry.Offset, entry.Length);
        return Crc32.Compute(content.Span) == entry.Crc ? ValidationResult.Ok : Bad(name.ToString(), "The checksum of the entry is wrong.");
    }

    private ValidationResult TryReadDirectory(PyTorchLimits limits, AllocationBudget budget)
    {
        ValidationResult result = TryFindDirectory(out long count, out int start, out int end);
        if (!result.IsValid)
        {
            return result;
        }

        // A count that the directory cannot hold is refused before a table of that size exists.
        if (count > limits.MaxEntries || count > (end - start) / ZipFormat.CentralBytes || !budget.TryTake(count * EntryBytes))
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, Directory, $"{count} entries are more than the directory or the limits allow.");
        }

        _entries.EnsureCapacity((int)count);
        List<Entry> places = new((int)count);
        int at = start;
        for (long i = 0; i < count; i++)
        {
            result = TryReadEntry(ref at, start, end, budget, places);
            if (!result.IsValid)
            {
                return result;
            }
        }

        if (at != end)
        {
            return Bad(Directory, "The directory is longer than its entries.");
        }

        places.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        for (int i = 1; i < places.Count; i++)
        {
            if (places[i].Start < places[i - 1].Offset + places[i - 1].Length)
            {
                return Bad(Directory, $"Entries overlap at byte {places[i].Start}.");
            }
        }

        return ValidationResult.Ok;
    }

    /// <summary>The end record is the last of the file; one of ZIP64, which PyTorch always writes, must say the same.</summary>
    private ValidationResult TryFindDirectory(out long count, out int start, out int end)
    {
        (count, start, end) = (0, 0, 0);
        ReadOnlySpan<byte> file = _file.Span;
        int at = file.Length - ZipFormat.EndBytes;
        if (at < 0 || U32(file, at) != ZipFormat.EndSignature || U16(file, at + 20) != 0 || U32(file, at + 4) != 0)
        {
            return Bad(Directory, "The file does not end with the end record of a zip archive in one part and without a comment.");
        }

        count = U16(file, at + 10);
        long size = U32(file, at + 12);
        long offset = U32(file, at + 16);
        bool saturated = count == ushort.MaxValue || size == uint.MaxValue || offset == uint.MaxValue;
        int locator = at - ZipFormat.Locator64Bytes;
        int end64 = locator - ZipFormat.End64Bytes;
        long limit = at;
        if (end64 >= 0 && U32(file, locator) == ZipFormat.Locator64Signature)
        {
            ReadOnlySpan<byte> record = file[end64..locator];
            bool same = U32(record, 0) == ZipFormat.End64Signature && U64(file, locator + 8) == (ulong)end64
                && U64(record, 24) == U64(record, 32) && (count == ushort.MaxValue || U64(record, 32) == (ulong)count)
                && (size == uint.MaxValue || U64(record, 40) == (ulong)size) && (offset == uint.MaxValue || U64(record, 48) == (ulong)offset);
            if (!same || Math.Max(U64(record, 32), Math.Max(U64(record, 40), U64(record, 48))) > (ulong)file.Length)
            {
                return Bad(Directory, "The end record of ZIP64 is wrong or contradicts the other one.");
            }

            (count, size, offset, limit) = ((long)U64(record, 32), (long)U64(record, 40), (long)U64(record, 48), end64);
            saturated = false;
        }

        if (saturated || U16(file, at + 8) != U16(file, at + 10) || offset + size != limit)
        {
            return Bad(Directory, "The directory is not in front of the end record, or its counts differ.");
        }

        (start, end) = ((int)offset, (int)limit);
        return ValidationResult.Ok;
    }

    private ValidationResult TryReadEntry(ref int at, int start, int end, AllocationBudget budget, List<Entry> places)
    {
        ReadOnlySpan<byte> file = _file.Span;
        int nameLength = end - at < ZipFormat.CentralBytes ? 0 : U16(file, at + 28);
        if (nameLength is 0 or > MaxNameBytes || U32(file, at) != ZipFormat.CentralSignature || end - at - ZipFormat.CentralBytes < nameLength)
        {
            return Bad(Directory, $"There is no entry at byte {at}.");
        }

        ReadOnlySpan<byte> record = file[at..end];
        ReadOnlySpan<byte> name = record.Slice(ZipFormat.CentralBytes, nameLength);
        at += ZipFormat.CentralBytes + nameLength + U16(record, 30) + U16(record, 32);
        if (!budget.TryTakeText(nameLength) || !TryName(name, out string? key))
        {
            return Bad(Directory, "The name of an entry is no path within the folder of the archive.");
        }

        string? problem = CheckRecord(record, start);
        if (problem is not null)
        {
            return Bad(key!, problem, ValidationCode.WrongVersion);
        }

        int local = (int)U32(record, 42);
        int localNameLength = U16(file, local + 26);
        long offset = (long)local + ZipFormat.LocalBytes + localNameLength + U16(file, local + 28);
        long length = U32(record, 20);
        if (U32(file, local) != ZipFormat.LocalSignature || U16(file, local + 8) != 0 || localNameLength != nameLength
            || offset + length > start || !file.Slice(local + ZipFormat.LocalBytes, nameLength).SequenceEqual(name))
        {
            return Bad(key!, "The entry is not where the directory says, has another name there, or reaches beyond the file.");
        }

        bool sizesBehind = (U16(file, local + 6) & ZipFormat.SizesBehind) != 0;
        if (!sizesBehind && (U32(file, local + 18) != length || U32(file, local + 22) != length))
        {
            return Bad(key!, "The size of the entry is not that of the directory.");
        }

        Entry entry = new(local, (int)offset, (int)length, U32(record, 16));
        places.Add(entry);
        return at <= end && _entries.TryAdd(key!, entry) ? ValidationResult.Ok : Bad(key!, "The archive has two entries of this name.");
    }

    private static string? CheckRecord(ReadOnlySpan<byte> record, int start)
    {
        if (U16(record, 10) != 0 || (U16(record, 8) & ZipFormat.Encrypted) != 0)
        {
            return $"The entry is compressed (method {U16(record, 10)}) or encrypted; PyTorch stores entries as they are.";
        }

        long length = U32(record, 20);
        long local = U32(record, 42);
        return length != U32(record, 24) || length > start || local > start - ZipFormat.LocalBytes || U16(record, 34) != 0
            ? "The entry has two sizes, or lies outside the file."
            : null;
    }

    private bool TryName(ReadOnlySpan<byte> name, out string? key)
    {
        key = null;
        if (!System.Text.Unicode.Utf8.IsValid(name))
        {
            return false;
        }

        // The folder, and the slash behind it, are those of the first entry of the file.
        _rootBytes = _rootBytes == 0 ? name.IndexOf((byte)'/') + 1 : _rootBytes;
        bool plain = _rootBytes > 1 && name.IndexOfAny((byte)'\\', (byte)0) < 0 && name.IndexOf(".."u8) < 0;
        if (!plain || !name.StartsWith(_file.Span.Slice(ZipFormat.LocalBytes, _rootBytes)))
        {
            return false;
        }

        key = Utf8.GetString(name[_rootBytes..]);
        return true;
    }

    private static int U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    /// <summary>A failure; an entry without a name beside that of the folder is part of the directory.</summary>
    private static ValidationResult Bad(string entry, string message, ValidationCode code = ValidationCode.Malformed) =>
        ValidationResult.Fail(code, entry.Length == 0 ? Directory : entry, message);
}
