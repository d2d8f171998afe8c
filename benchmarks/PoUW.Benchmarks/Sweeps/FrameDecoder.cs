namespace PoUW.Benchmarks.Sweeps;

/// <summary>A decoder of the network under the frame sweep.</summary>
/// <param name="Name">What it reads.</param>
/// <param name="Samples">Valid encodings.</param>
/// <param name="Read">Reads bytes and writes what it read again, or returns null if it refuses them.</param>
/// <param name="BytesPerByte">What it may allocate for each byte of input.</param>
/// <param name="FixedBytes">What it may allocate beside.</param>
internal sealed record FrameDecoder(
    string Name, byte[][] Samples, Func<byte[], byte[]?> Read, int BytesPerByte = FrameDecoder.UsualBytesPerByte,
    int FixedBytes = FrameDecoder.UsualFixedBytes)
{
    /// <summary>The decoder's lists and buffers, one refusal, and what is written again.</summary>
    public const int UsualFixedBytes = 16 * 1024;

    /// <summary>
    /// Objects and texts for fields of a few bytes each: an address of five bytes becomes an object with a part, a text and the bytes, a hash in a list
    /// a number of its own.
    /// </summary>
    public const int UsualBytesPerByte = 32;
}
