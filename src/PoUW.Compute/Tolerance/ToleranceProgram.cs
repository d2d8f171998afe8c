using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// What a job of lane T trains and how its units are judged: everything that decides a unit, but data, order and seed, which the job's manifest names. It
/// travels as a chunk under its hash, as the programs of exact lanes do, so nobody can choose rates or bounds later. Immutable by convention.
/// </summary>
/// <remarks>
/// A step takes the batch of the data order, the mean cross-entropy of its samples, and SGD as PyTorch defines it: v = momentum * v + gradient,
/// w = w - learningRate * v. Inputs are bytes, fed as byte / 255.
/// </remarks>
public sealed record ToleranceProgram
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 1 << 20;

    /// <summary>Most tensors with bounds.</summary>
    public const int MaxTensors = 1024;

    /// <summary>Longest name of a tensor or a column in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 64;

    /// <summary>Most dimensions of an input.</summary>
    public const int MaxDimensions = 8;

    /// <summary>Most samples of a step.</summary>
    public const int MaxBatchSize = 1 << 16;

    /// <summary>Largest learning rate.</summary>
    public const float MaxLearningRate = 1_000;

    private const ulong Version = 1;
    private const long MaxInputLength = 1 << 24;

    /// <summary>The module and the devices that it is for.</summary>
    public required ToleranceClass Class { get; init; }

    /// <summary>Column of bytes that are the inputs.</summary>
    public string InputColumn { get; init; } = "images";

    /// <summary>Shape of one input.</summary>
    public required IReadOnlyList<int> InputShape { get; init; }

    /// <summary>Column of one byte, the class.</summary>
    public string LabelColumn { get; init; } = "labels";

    /// <summary>Samples of a step.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Step width of SGD.</summary>
    public float LearningRate { get; init; } = 0.05f;

    /// <summary>Momentum of SGD, 0 to below 1.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>What honest runs may differ by.</summary>
    public required ToleranceBounds Bounds { get; init; }

    /// <summary>SHA-256 of the encoding.</summary>
    public Hash256 Hash => Hash256.Sha256(Encode());

    /// <summary>The canonical encoding: an RLP list of version and fields; numbers as their IEEE 754 bits, bounds in the ordinal order of their names.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(Version).Write(Class.Module).Write(Class.Devices).Write(InputColumn).BeginList();
        foreach (int size in InputShape)
        {
            writer.Write((ulong)size);
        }

        writer.EndList().Write(LabelColumn).Write((ulong)BatchSize)
            .Write((ulong)BitConverter.SingleToUInt32Bits(LearningRate)).Write((ulong)BitConverter.SingleToUInt32Bits(Momentum)).BeginList();
        foreach ((string name, TensorBound bound) in Bounds.Tensors.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            writer.BeginList().Write(name);
            foreach (double number in bound.Noise is { } noise ? (double[])[noise] : [bound.Largest, bound.Relative])
            {
                writer.Write(BitConverter.DoubleToUInt64Bits(number));
            }

            writer.EndList();
        }

        return writer.EndList().EndList().Finish();
    }

    /// <summary>Reads a program in canonical form and checks every limit.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out ToleranceProgram? program)
    {
        program = null;
        if (encoded.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "program", $"{encoded.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        ulong version = fields.ReadUInt64();
        ToleranceClass kind = new(fields.ReadText(ToleranceClass.MaxNameBytes), fields.ReadText(ToleranceClass.MaxNameBytes));
        string input = fields.ReadText(MaxNameBytes);
        bool complete = ReadShape(fields.ReadList(), out List<int> shape);
        string label = fields.ReadText(MaxNameBytes);
        int batch = (int)fields.ReadUInt64(int.MaxValue);
        float rate = BitConverter.UInt32BitsToSingle((uint)fields.ReadUInt64(uint.MaxValue));
        float momentum = BitConverter.UInt32BitsToSingle((uint)fields.ReadUInt64(uint.MaxValue));
        complete &= ReadBounds(fields.ReadList(), out Dictionary<string, TensorBound> bounds);
        if (!complete || version != Version || !outer.TryFinish() || !fields.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "program", "Not a canonical program of lane T.");
        }

        ToleranceProgram read = new()
        {
            Class = kind,
            InputColumn = input,
            InputShape = shape,
            LabelColumn = label,
            BatchSize = batch,
            LearningRate = rate,
            Momentum = momentum,
            Bounds = new ToleranceBounds(bounds),
        };
        ValidationResult result = read.Validate();
        program = result.IsValid ? read : null;
        return result;
    }

    /// <summary>Checks every field against its limit.</summary>
    public ValidationResult Validate() =>
        CheckName($"{nameof(Class)}.{nameof(Class.Module)}", Class.Module, ToleranceClass.MaxNameBytes)
        ?? CheckName($"{nameof(Class)}.{nameof(Class.Devices)}", Class.Devices, ToleranceClass.MaxNameBytes)
        ?? CheckName(nameof(InputColumn), InputColumn, MaxNameBytes)
        ?? CheckName(nameof(LabelColumn), LabelColumn, MaxNameBytes)
        ?? CheckShape()
        ?? CheckNumbers()
        ?? CheckBounds()
        ?? ValidationResult.Ok;

    private ValidationResult? CheckShape()
    {
        if (InputShape.Count is 0 or > MaxDimensions || InputShape.Any(static size => size < 1))
        {
            return Bad(nameof(InputShape), $"[{string.Join(", ", InputShape)}]; allowed are 1 to {MaxDimensions} dimensions of at least 1.");
        }

        long length = 1;
        foreach (int size in InputShape)
        {
            length = Math.Min(length * size, MaxInputLength + 1);
        }

        return length <= MaxInputLength ? null : Bad(nameof(InputShape), $"[{string.Join(", ", InputShape)}]; the limit is {MaxInputLength} numbers.");
    }

    // Written so that what is not a number is refused.
    private ValidationResult? CheckNumbers()
    {
        if (BatchSize is < 1 or > MaxBatchSize)
        {
            return Bad(nameof(BatchSize), $"{BatchSize}; allowed is 1 to {MaxBatchSize}.");
        }

        if (!(LearningRate > 0 && LearningRate <= MaxLearningRate))
        {
            return Bad(nameof(LearningRate), $"{LearningRate}; allowed is above 0, to {MaxLearningRate}.");
        }

        return Momentum is >= 0 and < 1 && !float.IsNegative(Momentum) ? null : Bad(nameof(Momentum), $"{Momentum}; allowed is 0 to below 1.");
    }

    private ValidationResult? CheckBounds()
    {
        if (Bounds.Tensors.Count is 0 or > MaxTensors)
        {
            return Bad(nameof(Bounds), $"{Bounds.Tensors.Count} tensors; allowed are 1 to {MaxTensors}.");
        }

        foreach ((string name, TensorBound bound) in Bounds.Tensors)
        {
            string field = $"{nameof(Bounds)}[{name}]";
            ValidationResult? result = CheckName(field, name, MaxNameBytes) ?? bound.Check(field);
            if (result is not null)
            {
                return result;
            }
        }

        return null;
    }

    private static bool ReadShape(RlpReader list, out List<int> shape)
    {
        shape = [];
        while (!list.AtEnd && !list.Failed && shape.Count <= MaxDimensions)
        {
            shape.Add((int)list.ReadUInt64(int.MaxValue));
        }

        return list.TryFinish();
    }

    private static bool ReadBounds(RlpReader list, out Dictionary<string, TensorBound> bounds)
    {
        bounds = new(StringComparer.Ordinal);
        string last = "";
        while (!list.AtEnd && !list.Failed && bounds.Count <= MaxTensors)
        {
            RlpReader item = list.ReadList();
            string name = item.ReadText(MaxNameBytes);
            double first = BitConverter.UInt64BitsToDouble(item.ReadUInt64());
            TensorBound bound = item.AtEnd ? TensorBound.OfNoise(first) : new TensorBound(first, BitConverter.UInt64BitsToDouble(item.ReadUInt64()));
            if (!item.TryFinish() || string.CompareOrdinal(name, last) <= 0)
            {
                return false;
            }

            bounds.Add(name, bound);
            last = name;
        }

        return list.TryFinish();
    }

    private static ValidationResult? CheckName(string field, string name, int limit) =>
        name.Length > 0 && System.Text.Encoding.UTF8.GetByteCount(name) <= limit ? null : Bad(field, $"A name has 1 to {limit} bytes.");

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
