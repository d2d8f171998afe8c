namespace PoUW.Core.Tests.Recovery;

/// <summary>Damages the files of a store as a disk does that loses power: sectors and pages that are empty, foreign, old, or at another place.</summary>
internal sealed class PageTears(Random random)
{
    private const int Sector = 512;
    private const int Page = 4096;

    /// <summary>Damages the database or its log in one to three places.</summary>
    /// <param name="path">The database.</param>
    /// <param name="older">The database as it was some time before; its log is beside it.</param>
    /// <returns>What was done, for people.</returns>
    internal string Apply(string path, string older)
    {
        string[] files = [.. new[] { "", "-wal" }.Where(suffix => new FileInfo(path + suffix) is { Exists: true, Length: > 0 })];
        List<string> done = [];
        int places = 1 + random.Next(3);
        for (int i = 0; i < places; i++)
        {
            string suffix = files[random.Next(files.Length)];
            byte[] content = File.ReadAllBytes(path + suffix);
            byte[] before = File.Exists(older + suffix) ? File.ReadAllBytes(older + suffix) : [];
            done.Add($"{(suffix.Length == 0 ? "data" : "log")}: {Damage(ref content, before, suffix.Length == 0)}");
            File.WriteAllBytes(path + suffix, content);
        }

        return string.Join("; ", done);
    }

    private string Damage(ref byte[] content, byte[] before, bool isData)
    {
        // The pages of the log have a header of 24 bytes each, after one of 32 bytes.
        int unit = random.Next(2) == 0 ? Sector : isData ? Page : Page + 24;
        int origin = isData || unit == Sector ? 0 : 32;
        int units = Math.Max(1, (content.Length - origin) / unit);
        int at = origin + (random.Next(units) * unit);
        int length = Math.Min(unit, content.Length - at);
        Span<byte> place = content.AsSpan(at, Math.Max(length, 0));
        switch (random.Next(6))
        {
            case 0:
                place.Clear();
                return $"{length} zeros at {at}";
            case 1:
                random.NextBytes(place);
                return $"{length} random bytes at {at}";
            case 2:
                int bit = random.Next(Math.Max(1, length * 8));
                place[bit / 8] ^= (byte)(1 << (bit % 8));
                return $"one bit in the {length} bytes at {at}";
            case 3:
                int other = origin + (random.Next(units) * unit);
                byte[] copy = content.AsSpan(other, Math.Min(length, content.Length - other)).ToArray();
                copy.CopyTo(place);
                return $"the bytes of {other} at {at}";
            case 4 when at + length <= before.Length:
                before.AsSpan(at, length).CopyTo(place);
                return $"older {length} bytes at {at}";
            default:
                int end = random.Next(content.Length);
                content = content[..end];
                return $"cut to {end} bytes";
        }
    }
}
