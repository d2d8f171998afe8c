using System.Runtime.InteropServices;

namespace PoUW.Compute.Tests.Backends;

/// <summary>Memory that ends at a page that cannot be read; Linux only. A read past the end ends the process.</summary>
internal sealed unsafe partial class GuardedBytes : IDisposable
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly byte* _start;
    private readonly nuint _length;

    /// <summary>Copies values to the end of the readable part.</summary>
    public GuardedBytes(sbyte[] values)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint readable = ((nuint)values.Length + page - 1) / page * page;
        _length = readable + page;
        _start = Map(null, _length, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.That((nint)_start, Is.Not.EqualTo((nint)(-1)));
        Assert.That(Protect(_start + readable, page, 0), Is.Zero);
        Values = (sbyte*)(_start + readable) - values.Length;
        values.CopyTo(new Span<sbyte>(Values, values.Length));
    }

    /// <summary>The values.</summary>
    public sbyte* Values { get; }

    public void Dispose() => Assert.That(Unmap(_start, _length), Is.Zero);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);
}
