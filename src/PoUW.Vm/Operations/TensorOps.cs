using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;

namespace PoUW.Vm.Operations;

/// <summary>Every operation of VECTOROP, by code and by name.</summary>
public static class TensorOps
{
    private static readonly TensorOp?[] ByCode = BuildIndex();

    /// <summary>Every operation in the order of the codes.</summary>
    public static IReadOnlyList<TensorOp> All { get; } = [.. ByCode.OfType<TensorOp>()];

    private static Dictionary<string, TensorOp> ByName { get; } = All.ToDictionary(static op => op.Name, StringComparer.Ordinal);

    /// <summary>The largest number of operands.</summary>
    public static int MaxOperands { get; } = All.Max(static op => op.Operands.Count);

    /// <summary>The operation of a code, or null.</summary>
    public static TensorOp? Find(byte code) => ByCode[code];

    /// <summary>The operation of a name, or null.</summary>
    public static TensorOp? Find(string name) => ByName.GetValueOrDefault(name);

    private static TensorOp?[] BuildIndex()
    {
        TensorOp?[] index = new TensorOp?[256];
        IReadOnlyList<TensorOp>[] families =
        [
            IntegerOps.All,
            FloatElementwiseOps.All,
            FloatReductionOps.All,
            FloatNormOps.All,
            FloatOptimiserOps.All,
            FloatProductOps.All,
            DataOps.All,
            ConvolutionOps.All,
            PoolingOps.All,
        ];

        // A dictionary refuses a code that two operations have.
        foreach ((byte code, TensorOp op) in families.SelectMany(static family => family).ToDictionary(static op => op.Code))
        {
            index[code] = op;
        }

        return index;
    }
}
