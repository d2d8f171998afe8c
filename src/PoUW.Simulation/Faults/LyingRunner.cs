using System.Buffers.Binary;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Execution;
using PoUW.Training.Workers;

namespace PoUW.Simulation.Faults;

/// <summary>
/// A worker that lies. A lie is consistent in itself: roots and blob address are those of the false state, which is served, except for
/// <see cref="LieKind.Withhold"/>. Whatever it computes draws its lease's tickets. Deterministic: the same seed lies about the same units in the same way. Thread-safe.
/// </summary>
public sealed class LyingRunner : IUnitRunner
{
    private readonly HonestRunner _honest = new();
    private readonly LieKind _kind;
    private readonly ulong _seed;
    private readonly ulong _every;

    /// <summary>Creates a liar.</summary>
    /// <param name="kind">How it lies.</param>
    /// <param name="seed">Decides about which units it lies, and what noise it adds.</param>
    /// <param name="every">
    /// It lies about the units for which SHA-256(seed || unit) modulo this number is 0: one unit in so many on average; 1 for all.
    /// </param>
    public LyingRunner(LieKind kind, ulong seed, ulong every = 1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(every);
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of lie.");
        }

        (_kind, _seed, _every) = (kind, seed, every);
    }

    /// <summary>True if the runner lies about a unit.</summary>
    public bool LiesAbout(ulong unit) => NoiseOf(unit) % _every == 0;

    /// <inheritdoc/>
    public UnitOutcome Run(
        IUnitExecutor executor, ModelState start, Lease lease, JobManifest manifest, Hash256 inputsDigest, CancellationToken cancellation)
    {
        if (!LiesAbout(lease.Unit))
        {
            return _honest.Run(executor, start, lease, manifest, inputsDigest, cancellation);
        }

        if (_kind == LieKind.Withhold)
        {
            return _honest.Run(executor, start, lease, manifest, inputsDigest, cancellation) with { Publish = false };
        }

        UnitResult claimed = Claim(executor, start, manifest, lease, cancellation);
        return new UnitOutcome(UnitReplay.RecordOf(lease, inputsDigest, start, claimed), claimed.End, Publish: true);
    }

    private UnitResult Claim(IUnitExecutor executor, ModelState start, JobManifest manifest, Lease lease, CancellationToken cancellation)
    {
        if (_kind == LieKind.SkipStep)
        {
            return RunShort(executor, start, manifest, lease, cancellation);
        }

        if (_kind == LieKind.WrongBatch)
        {
            return executor.RunSteps(start, lease, OtherFirstStep(manifest, lease.Unit), manifest.StepsInUnit(lease.Unit), cancellation);
        }

        UnitResult honest = executor.RunSteps(start, lease, manifest.FirstStep(lease.Unit), manifest.StepsInUnit(lease.Unit), cancellation);
        ulong noise = NoiseOf(lease.Unit);
        return honest with { End = _kind == LieKind.OneLsb ? FalseStates.WithOneLsb(honest.End, noise) : FalseStates.WithNoise(honest.End, noise) };
    }

    private static UnitResult RunShort(
        IUnitExecutor executor, ModelState start, JobManifest manifest, Lease lease, CancellationToken cancellation)
    {
        ulong steps = manifest.StepsInUnit(lease.Unit);
        if (steps == 1)
        {
            return new UnitResult(start, 0, 0, 0);
        }

        UnitResult partial = executor.RunSteps(start, lease, manifest.FirstStep(lease.Unit), steps - 1, cancellation);
        return new UnitResult(
            partial.End, partial.LossSum * steps / (steps - 1), partial.Correct * steps / (steps - 1), partial.Samples * steps / (steps - 1));
    }

    private static ulong OtherFirstStep(JobManifest manifest, ulong unit) => manifest.UnitCount > 1
        ? manifest.FirstStep((unit + 1) % manifest.UnitCount)
        : manifest.FirstStep(unit) + manifest.StepsPerUnit;

    private ulong NoiseOf(ulong unit)
    {
        byte[] preimage = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(preimage, _seed);
        BinaryPrimitives.WriteUInt64BigEndian(preimage.AsSpan(8), unit);
        return BinaryPrimitives.ReadUInt64BigEndian(Hash256.Sha256(preimage).ToArray());
    }
}
