namespace PoUW.Vm.Operations;

/// <summary>Shape rules that several families use.</summary>
internal static class ShapeRules
{
    /// <summary>All operands have the dimensions of the first.</summary>
    public static string? AllEqual(in TensorCallShape call)
    {
        for (int i = 1; i < call.Count; i++)
        {
            if (!call[i].HasSizeOf(call[0]))
            {
                return $"operand {i} is {call[i]}, operand 0 is {call[0]}";
            }
        }

        return null;
    }

    /// <summary>Null if it holds, otherwise the message.</summary>
    public static string? Require(bool holds, string otherwise) => holds ? null : otherwise;
}
