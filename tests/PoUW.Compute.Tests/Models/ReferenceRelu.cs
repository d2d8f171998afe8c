namespace PoUW.Compute.Tests.Models;

/// <summary>max(x, 0).</summary>
internal sealed class ReferenceRelu : ReferenceLayer
{
    private int[,,,] _x = null!;

    public override (int[,,,] Value, int Exponent) Forward(int[,,,] x, int exponent)
    {
        _x = x;
        int[,,,] result = (int[,,,])x.Clone();
        foreach ((int n, int c, int row, int column) in Positions(x))
        {
            result[n, c, row, column] = Math.Max(x[n, c, row, column], 0);
        }

        return (result, exponent);
    }

    public override int[,,,] Backward(int[,,,] error)
    {
        int[,,,] result = (int[,,,])error.Clone();
        foreach ((int n, int c, int row, int column) in Positions(error))
        {
            result[n, c, row, column] = _x[n, c, row, column] > 0 ? error[n, c, row, column] : 0;
        }

        return result;
    }
}
