using System.Buffers.Binary;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Work;

/// <summary>
/// The public part of a work certificate: everything that the header commits to and nothing that can be derived. Encoding, little-endian:
/// version u16 | flags u8 | m, n, k u32 | rootA | rootB | I, J, g u32 | W[16] u32 | binding. Immutable by convention: the state array is
/// not written after construction.
/// </summary>
public sealed record WorkPublicData
{
    /// <summary>Bytes of the encoding.</summary>
    public const int Size = 2 + 1 + 12 + 64 + 12 + 64 + 32;

    private const byte TransposeAFlag = 1;
    private const byte TransposeBFlag = 2;
    private const byte BoundFlag = 4;

    /// <summary>Certificate version.</summary>
    public ushort Version { get; init; } = TileWorkParameters.Version;

    /// <summary>Dimensions and orientation of the product.</summary>
    public required TileWorkShape Shape { get; init; }

    /// <summary>True for a ticket bound to a lease.</summary>
    public bool Bound { get; init; }

    /// <summary>Merkle root of the stored A.</summary>
    public required Hash256 RootA { get; init; }

    /// <summary>Merkle root of the stored B.</summary>
    public required Hash256 RootB { get; init; }

    /// <summary>I: tile index along m.</summary>
    public required int TileRow { get; init; }

    /// <summary>J: tile index along n.</summary>
    public required int TileColumn { get; init; }

    /// <summary>g: segment along k.</summary>
    public required int Segment { get; init; }

    /// <summary>W: the 16 words of the tile's state.</summary>
    public required ReadOnlyMemory<uint> State { get; init; }

    /// <summary>Zero for unbound tickets.</summary>
    public Hash256 Binding { get; init; }

    /// <summary>Encodes.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[Size];
        Span<byte> span = bytes;
        BinaryPrimitives.WriteUInt16LittleEndian(span, Version);
        span[2] = (byte)((Shape.TransposeA ? TransposeAFlag : 0) | (Shape.TransposeB ? TransposeBFlag : 0) | (Bound ? BoundFlag : 0));
        BinaryPrimitives.WriteInt32LittleEndian(span[3..], Shape.M);
        BinaryPrimitives.WriteInt32LittleEndian(span[7..], Shape.N);
        BinaryPrimitives.WriteInt32LittleEndian(span[11..], Shape.K);
        RootA.CopyTo(span[15..]);
        RootB.CopyTo(span[47..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[79..], TileRow);
        BinaryPrimitives.WriteInt32LittleEndian(span[83..], TileColumn);
        BinaryPrimitives.WriteInt32LittleEndian(span[87..], Segment);
        for (int i = 0; i < TileWorkParameters.StateWords; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(span[(91 + (i * 4))..], State.Span[i]);
        }

        Binding.CopyTo(span[155..]);
        return bytes;
    }

    /// <summary>Decodes; only lengths, flags and the sign of numbers are checked here, the rules are <see cref="WorkVerifier"/>'s.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, out WorkPublicData? data)
    {
        data = null;
        if (bytes.Length != Size)
        {
            return Malformed(nameof(WorkCertificate.PublicData), $"The public data has {bytes.Length} bytes, not {Size}.");
        }

        byte flags = bytes[2];
        if ((flags & ~(TransposeAFlag | TransposeBFlag | BoundFlag)) != 0)
        {
            return Malformed("Flags", $"Unknown flag bits in {flags}.");
        }

        // The six numbers are u32 on the wire; none of them may reach 2^31, so a negative reading is out of range for sure.
        Span<int> numbers = stackalloc int[6];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i < 3 ? 3 + (i * 4) : 79 + ((i - 3) * 4))..]);
            if (numbers[i] < 0)
            {
                return ValidationResult.Fail(i < 3 ? ValidationCode.BadWorkShape : ValidationCode.BadTile, "Numbers", "A number is 2^31 or more.");
            }
        }

        uint[] state = new uint[TileWorkParameters.StateWords];
        for (int i = 0; i < state.Length; i++)
        {
            state[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(91 + (i * 4))..]);
        }

        data = new WorkPublicData
        {
            Version = BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            Shape = new TileWorkShape(
                numbers[0], numbers[1], numbers[2], (flags & TransposeAFlag) != 0, (flags & TransposeBFlag) != 0),
            Bound = (flags & BoundFlag) != 0,
            RootA = new Hash256(bytes.Slice(15, 32)),
            RootB = new Hash256(bytes.Slice(47, 32)),
            TileRow = numbers[3],
            TileColumn = numbers[4],
            Segment = numbers[5],
            State = state,
            Binding = new Hash256(bytes.Slice(155, 32)),
        };
        return ValidationResult.Ok;
    }

    private static ValidationResult Malformed(string field, string message) =>
        ValidationResult.Fail(ValidationCode.Malformed, field, message);
}
