using PoUW.Core.Blocks;

namespace PoUW.Core.Headers;

/// <summary>A header as peers send it ahead of its block: with the producer's seal and the public data of the certificate.</summary>
/// <param name="Signed">Header and seal.</param>
/// <param name="PublicData">The public data; at most <see cref="Block.MaxPublicDataBytes"/>.</param>
public sealed record HeaderAnnouncement(SignedHeader Signed, ReadOnlyMemory<byte> PublicData);
