namespace PoUW.Compute.Data.Text;

/// <summary>What one token of a text is.</summary>
public enum TextUnit
{
    /// <summary>A character: one Unicode scalar value.</summary>
    Character,

    /// <summary>One byte of UTF-8.</summary>
    Byte,
}
