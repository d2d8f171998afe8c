using PoUW.Core.Codec;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tolerance;

/// <summary>The bytes of programs of lane T: one encoding for one program.</summary>
internal static class ToleranceProgramCodec
{
    private const ulong Version = 1;

    internal static byte[] Encode(ToleranceProgram program)
    {
        ToleranceRecipe recipe = program.Recipe;
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(Version).Write(recipe.Class.Module).Write(recipe.Class.Devices).Write(recipe.InputColumn).BeginList();
        foreach (int size in recipe.InputShape)
        {
            writer.Write((ulong)size);
        }

        writer.EndList().Write(recipe.LabelColumn).Write((ulong)recipe.BatchSize)
            .Write((ulong)BitConverter.SingleToUInt32Bits(recipe.LearningRate)).Write((ulong)BitConverter.SingleToUInt32Bits(recipe.Momentum)).BeginList();
        foreach ((string name, TensorBound bound) in program.Bounds.Tensors.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
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

    internal static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out ToleranceProgram? program)
    {
        program = null;
        if (encoded.Length > ToleranceProgram.MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "program", $"{encoded.Length} bytes; the limit is {ToleranceProgram.MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        ulong version = fields.ReadUInt64();
        ToleranceClass kind = new(fields.ReadText(ToleranceClass.MaxNameBytes), fields.ReadText(ToleranceClass.MaxNameBytes));
        string input = fields.ReadText(Data.DatasetColumn.MaxNameLength);
        bool complete = ReadShape(fields.ReadList(), out List<int> shape);
        string label = fields.ReadText(Data.DatasetColumn.MaxNameLength);
        int batch = (int)fields.ReadUInt64(int.MaxValue);
        float rate = BitConverter.UInt32BitsToSingle((uint)fields.ReadUInt64(uint.MaxValue));
        float momentum = BitConverter.UInt32BitsToSingle((uint)fields.ReadUInt64(uint.MaxValue));
        complete &= ReadBounds(fields.ReadList(), out Dictionary<string, TensorBound> bounds);
        if (!complete || version != Version || !outer.TryFinish() || !fields.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "program", "Not a canonical program of lane T.");
        }

        ToleranceRecipe recipe = new()
        {
            Class = kind,
            InputColumn = input,
            InputShape = shape,
            LabelColumn = label,
            BatchSize = batch,
            LearningRate = rate,
            Momentum = momentum,
        };
        ToleranceProgram read = new(recipe, new ToleranceBounds(bounds));
        ValidationResult result = read.Validate();
        program = result.IsValid ? read : null;
        return result;
    }

    private static bool ReadShape(RlpReader list, out List<int> shape)
    {
        shape = [];
        while (!list.AtEnd && !list.Failed && shape.Count < Data.DatasetColumn.MaxDimensions)
        {
            shape.Add((int)list.ReadUInt64(int.MaxValue));
        }

        return list.TryFinish();
    }

    private static bool ReadBounds(RlpReader list, out Dictionary<string, TensorBound> bounds)
    {
        bounds = new(StringComparer.Ordinal);
        string last = "";
        while (!list.AtEnd && !list.Failed && bounds.Count < ToleranceBounds.MaxTensors)
        {
            RlpReader item = list.ReadList();
            string name = item.ReadText(ToleranceBounds.MaxNameBytes);
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
}
