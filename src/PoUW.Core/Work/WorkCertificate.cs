namespace PoUW.Core.Work;

/// <summary>
/// Proof that one tile of a noised matrix product was computed for a header: public data, which the header commits to, and a witness
/// that opens the operands of the tile. The witness stays outside the block id and can be pruned.
/// </summary>
/// <param name="PublicData">Canonical encoding of the public data (version, operation, roots, tile, state, binding).</param>
/// <param name="Witness">Canonical encoding of the opened blocks and their multiproofs; empty when pruned.</param>
public sealed record WorkCertificate(ReadOnlyMemory<byte> PublicData, ReadOnlyMemory<byte> Witness);
