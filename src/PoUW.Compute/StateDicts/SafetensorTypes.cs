namespace PoUW.Compute.StateDicts;

/// <summary>Names and sizes of the element types.</summary>
internal static class SafetensorTypes
{
    private static readonly string[] Names = ["BOOL", "U8", "I8", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "F64", "I64", "U64"];

    /// <summary>Name in the header.</summary>
    public static string ToName(this SafetensorType type) => Names[(int)type];

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? name, out SafetensorType type)
    {
        int index = Array.IndexOf(Names, name);
        type = (SafetensorType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Bytes an element.</summary>
    public static int ElementSize(this SafetensorType type) => type switch
    {
        <= SafetensorType.Int8 => 1,
        <= SafetensorType.BFloat16 => 2,
        <= SafetensorType.Float32 => 4,
        _ => 8,
    };
}
