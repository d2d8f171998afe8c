namespace PoUW.Vm.Operations;

/// <summary>Shape rules that several families use. A rule is null if it holds, otherwise what is wrong.</summary>
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

    /// <summary>An operand has these dimensions.</summary>
    public static string? Size(string name, TensorShape operand, int rows, int columns) =>
        operand.Rows == rows && operand.Columns == columns ? null : $"'{name}' is {operand}, not {rows}x{columns}";

    /// <summary>An operand has the dimensions of another.</summary>
    public static string? SizeOf(string name, TensorShape operand, TensorShape other) =>
        Size(name, operand, other.Rows, other.Columns);

    /// <summary>An operand has one element a row.</summary>
    public static string? Column(string name, TensorShape operand, int rows) => Size(name, operand, rows, 1);

    /// <summary>An operand has one element a column.</summary>
    public static string? Row(string name, TensorShape operand, int columns) => Size(name, operand, 1, columns);

    /// <summary>An operand has all rows or one, and all columns or one.</summary>
    public static string? Broadcast(string name, TensorShape operand, TensorShape target)
    {
        bool fits = (operand.Rows == target.Rows || operand.Rows == 1) && (operand.Columns == target.Columns || operand.Columns == 1);
        return fits ? null : $"'{name}' is {operand} and cannot be broadcast to {target}";
    }

    /// <summary>An operand has the element type of another.</summary>
    public static string? SameType(string name, TensorShape operand, string otherName, TensorShape other) =>
        operand.Type == other.Type ? null : $"'{name}' is {operand.Type}, but '{otherName}' is {other.Type}";
}
