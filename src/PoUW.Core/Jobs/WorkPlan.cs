using PoUW.Core.Codec;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Jobs;

/// <summary>
/// The ticketed products of one optimiser step of a job, in the order in which its program does them, and the speed at which a lease goes
/// through them. Bound tickets name an operation by its index here. All MACs are padded ones. Immutable by convention: the list is not
/// changed after construction.
/// </summary>
/// <param name="Operations">Shapes of the products; every one draws tickets.</param>
/// <param name="MacsPerSecond">Padded multiply-accumulates a second of one lease: how fast the schedule moves.</param>
public sealed record WorkPlan(IReadOnlyList<TileWorkShape> Operations, ulong MacsPerSecond)
{
    /// <summary>Most operations of a step.</summary>
    public const int MaxOperations = 256;

    /// <summary>Largest speed of a lease: 1 EMAC a second.</summary>
    public const ulong MaxMacsPerSecond = 1_000_000_000_000_000_000;

    /// <summary>The plan of a job without bound tickets.</summary>
    public static WorkPlan None { get; } = new([], 0);

    /// <summary>True if no operation may be claimed.</summary>
    public bool IsEmpty => Operations.Count == 0;

    /// <summary>Padded MACs of one step.</summary>
    public ulong MacsPerStep => Operations.Aggregate(0UL, static (sum, shape) => sum + (ulong)shape.PaddedMacs);

    /// <summary>Padded MACs that come before an operation in its unit.</summary>
    /// <param name="stepInUnit">Steps of the unit before the operation's.</param>
    /// <param name="operation">Index in <see cref="Operations"/>.</param>
    public ulong OffsetOf(ulong stepInUnit, uint operation) =>
        (stepInUnit * MacsPerStep) + Operations.Take((int)operation).Aggregate(0UL, static (sum, shape) => sum + (ulong)shape.PaddedMacs);

    /// <summary>True if a product of this shape draws tickets and so belongs into a plan.</summary>
    public static bool Admits(in TileWorkShape shape) =>
        shape.K >= TileWorkParameters.MinMinedInner
        && shape.M >= TileWorkParameters.MinMinedOuter
        && shape.N >= TileWorkParameters.MinMinedOuter
        && shape.Validate().IsValid;

    /// <summary>Checks the number of operations, their shapes and the speed.</summary>
    public ValidationResult Validate()
    {
        if (Operations.Count > MaxOperations)
        {
            return Bad(nameof(Operations), $"{Operations.Count} operations; the limit is {MaxOperations}.");
        }

        for (int i = 0; i < Operations.Count; i++)
        {
            if (!Admits(Operations[i]))
            {
                return Bad($"{nameof(Operations)}[{i}]", $"{Operations[i]} draws no tickets.");
            }
        }

        bool rateFits = IsEmpty ? MacsPerSecond == 0 : MacsPerSecond is >= 1 and <= MaxMacsPerSecond;
        return rateFits
            ? ValidationResult.Ok
            : Bad(nameof(MacsPerSecond), $"{MacsPerSecond}; a plan's speed is 1 to {MaxMacsPerSecond}, that of an empty plan 0.");
    }

    /// <summary>The canonical encoding: an RLP list of the speed and, for each operation, m, n, k and the transposition flags.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new();
        Write(writer);
        return writer.Finish();
    }

    /// <summary>Reads a plan in canonical form and checks its limits.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out WorkPlan? plan)
    {
        plan = null;
        if (encoded.Length > JobManifest.MaxEncodedBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, nameof(JobManifest.Work), $"{encoded.Length} bytes; the limit is {JobManifest.MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        WorkPlan read = Read(ref outer, out bool complete);
        if (!complete || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(JobManifest.Work), "Not a canonical work plan.");
        }

        ValidationResult result = read.Validate();
        plan = result.IsValid ? read : null;
        return result;
    }

    /// <inheritdoc/>
    public bool Equals(WorkPlan? other) =>
        other is not null && MacsPerSecond == other.MacsPerSecond && Operations.SequenceEqual(other.Operations);

    /// <inheritdoc/>
    public override int GetHashCode() => MacsPerSecond.GetHashCode() ^ Operations.Count;

    internal void Write(RlpWriter writer)
    {
        writer.BeginList().Write(MacsPerSecond);
        foreach (TileWorkShape shape in Operations)
        {
            ulong flags = (shape.TransposeA ? 1UL : 0) | (shape.TransposeB ? 2UL : 0);
            writer.BeginList().Write((ulong)shape.M).Write((ulong)shape.N).Write((ulong)shape.K).Write(flags).EndList();
        }

        writer.EndList();
    }

    internal static WorkPlan Read(ref RlpReader outer, out bool complete)
    {
        RlpReader items = outer.ReadList();
        ulong rate = items.ReadUInt64();
        List<TileWorkShape> operations = [];
        bool valid = true;
        while (valid && !items.AtEnd && operations.Count <= MaxOperations)
        {
            RlpReader fields = items.ReadList();
            (int m, int n, int k) = ((int)fields.ReadUInt64(int.MaxValue), (int)fields.ReadUInt64(int.MaxValue), (int)fields.ReadUInt64(int.MaxValue));
            ulong flags = fields.ReadUInt64(3);
            valid = fields.TryFinish();
            operations.Add(new TileWorkShape(m, n, k, (flags & 1) != 0, (flags & 2) != 0));
        }

        complete = valid && items.TryFinish();
        return new WorkPlan(operations, rate);
    }

    private static ValidationResult Bad(string field, string message) =>
        ValidationResult.Fail(ValidationCode.BadManifest, $"{nameof(JobManifest.Work)}.{field}", message);
}
