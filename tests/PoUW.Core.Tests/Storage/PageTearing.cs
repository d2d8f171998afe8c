namespace PoUW.Core.Tests.Storage;

/// <summary>
/// Damage of a file as failing disks and power failures leave it: sectors of zeros or noise, single bits, pages with old content, pages at
/// wrong places, a lost end. Seeded, so that a failure can be repeated.
/// </summary>
internal sealed class PageTearing(ulong seed)
{
    internal const int SectorBytes = 512;
    internal const int PageBytes = 4096;

    private readonly Fuzzer _random = new(seed, "tearing");

    /// <summary>Damages a file once. The same seed damages the same file in the same way.</summary>
    /// <param name="path">The file, at least a page long.</param>
    /// <param name="older">The file as it once was, for old content; null if there is none.</param>
    /// <returns>What was done, for messages.</returns>
    internal string Tear(string path, byte[]? older = null)
    {
        byte[] content = File.ReadAllBytes(path);
        while (true)
        {
            byte[] torn = [.. content];
            string what = Tear(ref torn, older);

            // Zeros over zeros are no damage.
            if (!torn.AsSpan().SequenceEqual(content))
            {
                File.WriteAllBytes(path, torn);
                return $"seed {seed}: {what} of {Path.GetFileName(path)}";
            }
        }
    }

    /// <summary>Gives one page the content that it had before, if it had another.</summary>
    /// <returns>What was done, or null if no page differs.</returns>
    internal string? PutOldPage(string path, byte[] older)
    {
        byte[] content = File.ReadAllBytes(path);
        int pages = Math.Min(content.Length, older.Length) / PageBytes;
        int[] changed = [.. Enumerable.Range(0, pages).Where(page => !Page(content, page).SequenceEqual(Page(older, page)))];
        if (changed.Length == 0)
        {
            return null;
        }

        int chosen = changed[_random.Next(changed.Length)];
        Page(older, chosen).CopyTo(Page(content, chosen));
        File.WriteAllBytes(path, content);
        return $"seed {seed}: old page {chosen} of {Path.GetFileName(path)}";
    }

    private static Span<byte> Page(byte[] content, int page) => content.AsSpan(page * PageBytes, PageBytes);

    private string Tear(ref byte[] content, byte[]? older)
    {
        int sectors = content.Length / SectorBytes;
        int sector = _random.Next(sectors);
        int count = 1 + _random.Next(Math.Min(8, sectors - sector));
        Span<byte> part = content.AsSpan(sector * SectorBytes, count * SectorBytes);
        switch (_random.Next(older is null ? 5 : 6))
        {
            case 0:
                part.Clear();
                return $"zeros in {count} sectors at {sector}";
            case 1:
                int bit = _random.Next(content.Length);
                content[bit] ^= (byte)(1 << _random.Next(8));
                return $"a bit at byte {bit}";
            case 2:
                for (int i = 0; i < part.Length; i++)
                {
                    part[i] = (byte)_random.Next(256);
                }

                return $"noise in {count} sectors at {sector}";
            case 3:
                int source = _random.Next(sectors - count + 1);
                content.AsSpan(source * SectorBytes, part.Length).ToArray().CopyTo(part);
                return $"{count} sectors of {source} at {sector}";
            case 4:
                Array.Resize(ref content, Math.Max(sector, 1) * SectorBytes);
                return $"an end lost from sector {sector} on";
            default:
                int known = Math.Clamp(older!.Length - (sector * SectorBytes), 0, part.Length);
                older.AsSpan(Math.Min(sector * SectorBytes, older.Length), known).CopyTo(part);
                return $"old content in {count} sectors at {sector}";
        }
    }
}
