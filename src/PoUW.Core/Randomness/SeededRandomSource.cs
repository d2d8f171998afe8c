using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PoUW.Core.Randomness;

/// <summary>
/// A reproducible stream: SHA-256(seed || counter) blocks. For samples, tests and the simulator; its output is as secret as its seed.
/// </summary>
public sealed class SeededRandomSource : IRandomSource
{
    private readonly byte[] _preimage;
    private readonly Lock _gate = new();
    private ulong _counter;

    /// <summary>Starts the stream of a seed; the label keeps streams of one seed apart.</summary>
    public SeededRandomSource(ulong seed, string label)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(label);
        _preimage = new byte[16 + text.Length];
        BinaryPrimitives.WriteUInt64BigEndian(_preimage, seed);
        text.CopyTo(_preimage, 16);
    }

    /// <inheritdoc/>
    public void Fill(Span<byte> destination)
    {
        Span<byte> block = stackalloc byte[32];
        lock (_gate)
        {
            while (!destination.IsEmpty)
            {
                BinaryPrimitives.WriteUInt64BigEndian(_preimage.AsSpan(8), _counter++);
                SHA256.HashData(_preimage, block);
                int take = Math.Min(block.Length, destination.Length);
                block[..take].CopyTo(destination);
                destination = destination[take..];
            }
        }
    }
}
