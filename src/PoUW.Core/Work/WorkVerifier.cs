using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Work;

/// <summary>
/// The consensus check of work certificates: exact, from the cheapest test to the dearest. It trusts nobody and calls no compute backend.
/// Where the processor has AVX2 the witness is checked with vectors, about four times as fast; results never depend on it. Stateless and
/// thread-safe. Bad certificates are results, never exceptions.
/// </summary>
public static class WorkVerifier
{
    /// <summary>Verifies a whole certificate: public data, ticket against the target, openings, tile state.</summary>
    /// <param name="template">What the ticket must bind; that its target is the right one for the height is the caller's check.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="ticket">The ticket; zero unless the public data is valid.</param>
    public static ValidationResult Verify(WorkTemplate template, WorkCertificate certificate, out Hash256 ticket) =>
        VerifyEither(template, certificate, scalar: false, out ticket);

    /// <summary>
    /// The definition of <see cref="Verify"/>: the same results, without a vector instruction of this library. What differs between the two
    /// on any certificate is a fault of this library; tests and start-up checks compare them.
    /// </summary>
    /// <param name="template">What the ticket must bind.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="ticket">The ticket; zero unless the public data is valid.</param>
    public static ValidationResult VerifyScalar(WorkTemplate template, WorkCertificate certificate, out Hash256 ticket) =>
        VerifyEither(template, certificate, scalar: true, out ticket);

    /// <summary>
    /// The check of a header alone: everything but the witness. A header that passes has cost its maker hash trials only, so it earns no
    /// chain work until <see cref="Verify"/> has seen the witness.
    /// </summary>
    public static ValidationResult VerifyPublicData(WorkTemplate template, ReadOnlySpan<byte> publicData, out Hash256 ticket) =>
        CheckPublicData(template, publicData, out ticket, out _, out _);

    private static ValidationResult VerifyEither(WorkTemplate template, WorkCertificate certificate, bool scalar, out Hash256 ticket)
    {
        if (certificate.Witness.Length > TileWorkParameters.MaxWitnessBytes)
        {
            ticket = default;
            return Fail(
                ValidationCode.TooLarge, nameof(certificate.Witness), $"The witness is larger than {TileWorkParameters.MaxWitnessBytes} bytes.");
        }

        ValidationResult result = CheckPublicData(
            template, certificate.PublicData.Span, out ticket, out WorkPublicData? data, out TileWorkSeeds? seeds);
        return result.IsValid ? CheckWitness(data!, seeds!, certificate.Witness.Span, scalar) : result;
    }

    private static ValidationResult CheckPublicData(
        WorkTemplate template,
        ReadOnlySpan<byte> publicData,
        out Hash256 ticket,
        out WorkPublicData? data,
        out TileWorkSeeds? seeds)
    {
        ticket = default;
        seeds = null;
        ValidationResult result = WorkPublicData.TryDecode(publicData, out data);
        result = result.IsValid ? CheckRules(template, data!) : result;
        if (!result.IsValid)
        {
            return result;
        }

        if (!WorkTarget.TryThreshold(template.Target, data!.Shape.UnitMacs(data.Segment), out Hash256 threshold))
        {
            return Fail(ValidationCode.OutOfRange, "Target", "The target is not positive or its product with the unit exceeds 256 bits.");
        }

        Hash256 tagA = MatrixCommitment.TagOf(data.Shape.StoredRowsA, data.Shape.StoredColumnsA, data.RootA);
        Hash256 tagB = MatrixCommitment.TagOf(data.Shape.StoredRowsB, data.Shape.StoredColumnsB, data.RootB);
        seeds = TileWorkSeeds.Derive(template.Sigma, data.Shape, tagA, tagB, data.Binding);
        Hash256 computed = seeds.Ticket(data.State.Span, data.TileRow, data.TileColumn, data.Segment);
        if (computed > threshold)
        {
            return Fail(ValidationCode.TicketAboveTarget, "Ticket", $"The ticket {computed} is above {threshold}.");
        }

        ticket = computed;
        return ValidationResult.Ok;
    }

    private static ValidationResult CheckRules(WorkTemplate template, WorkPublicData data)
    {
        if (data.Version != TileWorkParameters.Version)
        {
            return Fail(ValidationCode.WrongVersion, nameof(data.Version), $"Certificate version {data.Version} is not known.");
        }

        if (data.Bound != template.IsBound || data.Binding != template.Binding)
        {
            return Fail(ValidationCode.BadBinding, nameof(data.Binding), $"The binding is {data.Binding}; the header asks for {template.Binding}.");
        }

        ValidationResult shape = data.Shape.Validate();
        if (!shape.IsValid)
        {
            return shape;
        }

        return data.TileRow < data.Shape.TileRows && data.TileColumn < data.Shape.TileColumns && data.Segment < data.Shape.Segments
            ? ValidationResult.Ok
            : Fail(ValidationCode.BadTile, nameof(data.TileRow), $"Tile ({data.TileRow}, {data.TileColumn}, {data.Segment}) is outside.");
    }

    private static ValidationResult CheckWitness(WorkPublicData data, TileWorkSeeds seeds, ReadOnlySpan<byte> bytes, bool scalar)
    {
        var witness = new WorkWitness(data.Shape, data.TileRow, data.TileColumn, data.Segment);
        (int siblingsA, int siblingsB) = witness.SiblingCounts();
        int expected = (2 * witness.StripBytes) + ((siblingsA + siblingsB) * Hash256.Size);
        if (bytes.Length != expected)
        {
            return Fail(ValidationCode.Malformed, nameof(WorkCertificate.Witness), $"The witness has {bytes.Length} bytes, not {expected}.");
        }

        ReadOnlySpan<byte> blocksA = bytes[..witness.StripBytes];
        ReadOnlySpan<byte> blocksB = bytes.Slice(witness.StripBytes, witness.StripBytes);
        ReadOnlySpan<byte> proofA = bytes.Slice(2 * witness.StripBytes, siblingsA * Hash256.Size);
        ReadOnlySpan<byte> proofB = bytes[((2 * witness.StripBytes) + proofA.Length)..];
        Span<int> leavesA = stackalloc int[witness.Blocks];
        Span<int> leavesB = stackalloc int[witness.Blocks];
        witness.LeavesA(leavesA);
        witness.LeavesB(leavesB);
        TileWorkShape shape = data.Shape;

        ValidationResult result = OpenedBlocks.Check(blocksA, leavesA, shape.StoredRowsA, shape.StoredColumnsA, "A", scalar);
        result = result.IsValid ? OpenedBlocks.Check(blocksB, leavesB, shape.StoredRowsB, shape.StoredColumnsB, "B", scalar) : result;
        result = result.IsValid ? CheckOpening(blocksA, leavesA, proofA, witness.PaddedLeavesA, data.RootA, "A", scalar) : result;
        result = result.IsValid ? CheckOpening(blocksB, leavesB, proofB, witness.PaddedLeavesB, data.RootB, "B", scalar) : result;
        return result.IsValid ? CheckState(data, seeds, blocksA, blocksB, scalar) : result;
    }

    private static ValidationResult CheckOpening(
        ReadOnlySpan<byte> blocks,
        ReadOnlySpan<int> leaves,
        ReadOnlySpan<byte> siblings,
        int paddedLeaves,
        Hash256 root,
        string operand,
        bool scalar)
    {
        Span<byte> hashes = stackalloc byte[MerkleMultiproof.MaxLeaves * Hash256.Size];
        MatrixCommitment.HashBlocks(blocks, hashes, scalar);
        return MerkleMultiproof.ComputeRoot(leaves, hashes, siblings, paddedLeaves, scalar) == root
            ? ValidationResult.Ok
            : Fail(ValidationCode.BadOpening, operand, "The opened blocks do not belong to the committed matrix.");
    }

    private static ValidationResult CheckState(
        WorkPublicData data, TileWorkSeeds seeds, ReadOnlySpan<byte> blocksA, ReadOnlySpan<byte> blocksB, bool scalar)
    {
        Span<uint> state = stackalloc uint[TileWorkParameters.StateWords];
        if (scalar || !VectorTileState.IsSupported)
        {
            TileOperands.ComputeState(data, seeds, blocksA, blocksB, state);
        }
        else
        {
            VectorTileState.Compute(data, seeds, blocksA, blocksB, state);
        }

        return state.SequenceEqual(data.State.Span)
            ? ValidationResult.Ok
            : Fail(ValidationCode.WrongTileState, nameof(data.State), "The operands give another tile state.");
    }

    private static ValidationResult Fail(ValidationCode code, string field, string message) => ValidationResult.Fail(code, field, message);
}
