namespace PoUW.Compute.StateDicts;

/// <summary>Names and sizes of the element types.</summary>
internal static class StateTensorTypes
{
    private static readonly string[] Names = ["BOOL", "U8", "I8", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "F64", "I64", "U64"];

    /// <summary>Name in a safetensors header.</summary>
    public static string ToName(this StateTensorType type) => Names[(int)type];

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? name, out StateTensorType type)
    {
        int index = Array.IndexOf(Names, name);
        type = (StateTensorType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Bytes an element.</summary>
    public static int ElementSize(this StateTensorType type) => type switch
    {
        <= StateTensorType.Int8 => 1,
        <= StateTensorType.BFloat16 => 2,
        <= StateTensorType.Float32 => 4,
        _ => 8,
    };

    /// <summary>Bytes of a tensor; false if a dimension is negative or the product does not fit.</summary>
    public static bool TryByteLength(StateTensorType type, ReadOnlySpan<long> shape, out long bytes)
    {
        bytes = shape.Contains(0) ? 0 : type.ElementSize();
        foreach (long dimension in shape)
        {
            if (dimension < 0 || (bytes != 0 && bytes > long.MaxValue / dimension))
            {
                return false;
            }

            bytes *= dimension;
        }

        return true;
    }
}
