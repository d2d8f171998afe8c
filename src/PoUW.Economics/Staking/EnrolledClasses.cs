using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Economics.Staking;

/// <summary>The list of classes of lane T in payloads and in the state: ascending, so that one set has one encoding.</summary>
internal static class EnrolledClasses
{
    public static void Write(RlpWriter writer, IReadOnlyList<Hash256> classes)
    {
        writer.BeginList();
        foreach (Hash256 one in classes)
        {
            writer.Write(one);
        }

        writer.EndList();
    }

    /// <summary>Reads at most one class more than is allowed, so that a long list costs nothing.</summary>
    public static IReadOnlyList<Hash256> Read(ref RlpReader fields, out bool complete)
    {
        RlpReader items = fields.ReadList();
        List<Hash256> classes = [];
        while (!items.AtEnd && !items.Failed && classes.Count <= StakePayload.MaxToleranceClasses)
        {
            classes.Add(items.ReadHash());
        }

        complete = classes.Count > StakePayload.MaxToleranceClasses || items.TryFinish();
        return classes;
    }

    public static ValidationResult Check(IReadOnlyList<Hash256> classes)
    {
        const string Field = nameof(StakePayload.ToleranceClasses);
        if (classes.Count > StakePayload.MaxToleranceClasses)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, Field, $"An account enrols for at most {StakePayload.MaxToleranceClasses} classes.");
        }

        Hash256 last = Hash256.Zero;
        foreach (Hash256 one in classes)
        {
            if (one <= last)
            {
                return ValidationResult.Fail(ValidationCode.OutOfRange, Field, $"{one} after {last}; classes are not zero, and ascend without repetition.");
            }

            last = one;
        }

        return ValidationResult.Ok;
    }
}
