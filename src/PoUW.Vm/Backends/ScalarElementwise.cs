using PoUW.Vm.Arithmetic;
using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Backends;

/// <summary>Definitions of the operations whose result depends on one element of each operand.</summary>
internal static class ScalarElementwise
{
    public static void Run(in VectorOperation operation, in VectorOperands operands)
    {
        switch (operation.Code)
        {
            case VectorOpcode.RequantiseShift or VectorOpcode.StochasticRoundShift:
                Round(operation, operands.First.Int8, operands.Second.Int32);
                break;
            case VectorOpcode.Relu:
                ReluGradient(operands.First.Int8, operands.Second.Int8, operands.Second.Int8);
                break;
            case VectorOpcode.ReluGradient:
                ReluGradient(operands.First.Int8, operands.Second.Int8, operands.Third.Int8);
                break;
            case VectorOpcode.MomentumUpdate:
                Momentum(operation, operands.First.Int32, operands.Second.Int32, operands.Third.Int8);
                break;
            default:
                Int32(operation, operands.First.Int32, operands.Second.Int32, operands.Third.Int32);
                break;
        }
    }

    /// <summary>The operations from Int32 to Int32; the third operand is read for Add and Subtract only.</summary>
    private static void Int32(in VectorOperation operation, Span<int> result, ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = operation.Code switch
            {
                // The operations are defined modulo 2^32.
                VectorOpcode.Add => unchecked(a[i] + b[i]),
                VectorOpcode.Subtract => unchecked(a[i] - b[i]),
                VectorOpcode.ScaleShift => unchecked((int)((a[i] * operation.Argument0) >> (int)operation.Argument1)),
                VectorOpcode.Clamp => (int)Math.Clamp(a[i], -operation.Argument0, operation.Argument0),
                _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Code, "Unknown vector operation."),
            };
        }
    }

    private static void Round(in VectorOperation operation, Span<sbyte> result, ReadOnlySpan<int> source)
    {
        int shift = (int)operation.Argument0;
        int limit = operation.Immediate0;
        bool stochastic = operation.Code == VectorOpcode.StochasticRoundShift;
        for (int i = 0; i < result.Length; i++)
        {
            long rounded = stochastic ? IntegerRounding.Psto(source[i], shift) : IntegerRounding.RoundShift(source[i], shift);
            result[i] = (sbyte)Math.Clamp(rounded, -limit, limit);
        }
    }

    private static void ReluGradient(Span<sbyte> result, ReadOnlySpan<sbyte> source, ReadOnlySpan<sbyte> gate)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = gate[i] > 0 ? source[i] : (sbyte)0;
        }
    }

    private static void Momentum(in VectorOperation operation, Span<int> weight, Span<int> velocity, ReadOnlySpan<sbyte> gradient)
    {
        int decay = operation.Immediate0;
        int rate = (int)operation.Argument0;
        int limit = (int)operation.Argument1;
        for (int i = 0; i < weight.Length; i++)
        {
            unchecked // Defined modulo 2^32.
            {
                int v = velocity[i] - (velocity[i] >> decay) + ((gradient[i] * rate) >> decay);
                velocity[i] = v;
                weight[i] = Math.Clamp(weight[i] - v, -limit, limit);
            }
        }
    }
}
