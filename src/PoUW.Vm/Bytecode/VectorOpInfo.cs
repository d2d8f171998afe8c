using PoUW.Vm.Tensors;

namespace PoUW.Vm.Bytecode;

/// <summary>The static facts about a vector operation that decoder, verifier, assembler and gas meter share.</summary>
/// <param name="Code">The operation.</param>
/// <param name="Mnemonic">Name in assembly text.</param>
/// <param name="Slots">Slot operands in order.</param>
/// <param name="Immediates">How many 32-bit immediates follow the slots, each from 0 to 255.</param>
/// <param name="Pops">Arguments taken from the stack.</param>
/// <param name="Pushes">1 if the operation pushes a result.</param>
/// <param name="GasWeight">Gas for eight elements of the operand that is counted.</param>
/// <param name="GasSlot">The operand whose elements are counted.</param>
internal sealed record VectorOpInfo(
    VectorOpcode Code, string Mnemonic, SlotOperand[] Slots, int Immediates, int Pops, int Pushes, int GasWeight, int GasSlot = 0)
{
    /// <summary>Every operation, in the order of the codes.</summary>
    public static readonly IReadOnlyList<VectorOpInfo> All =
    [
        new(VectorOpcode.RequantiseShift, "requantise_shift", [W(TensorType.Int8), R(TensorType.Int32)], 1, 1, 0, 1),
        new(VectorOpcode.StochasticRoundShift, "stochastic_round_shift", [W(TensorType.Int8), R(TensorType.Int32)], 1, 1, 0, 2),
        new(VectorOpcode.MaxAbs, "max_abs", [R(TensorType.Int8, TensorType.Int32)], 0, 0, 1, 1),
        new(VectorOpcode.Sum, "sum", [R(TensorType.Int8, TensorType.Int32)], 0, 0, 1, 1),
        new(VectorOpcode.Relu, "relu", [W(TensorType.Int8), R(TensorType.Int8)], 0, 0, 0, 1),
        new(VectorOpcode.ReluGradient, "relu_gradient", [W(TensorType.Int8), R(TensorType.Int8), R(TensorType.Int8)], 0, 0, 0, 1),
        new(VectorOpcode.SoftmaxCrossEntropyGradient, "softmax_gradient",
            [W(TensorType.Int8), R(TensorType.Int8), R(TensorType.UInt8)], 2, 1, 0, 64),
        new(VectorOpcode.SoftmaxCrossEntropyLoss, "softmax_loss", [R(TensorType.Int8), R(TensorType.UInt8)], 0, 2, 1, 32),
        new(VectorOpcode.ArgMaxRows, "argmax_rows", [W(TensorType.Int32), R(TensorType.Int8, TensorType.Int32)], 0, 0, 0, 8, GasSlot: 1),
        new(VectorOpcode.CountEqual, "count_equal", [R(TensorType.Int32), R(TensorType.UInt8)], 0, 1, 1, 8),
        new(VectorOpcode.Add, "add_int32", [W(TensorType.Int32), R(TensorType.Int32), R(TensorType.Int32)], 0, 0, 0, 2),
        new(VectorOpcode.Subtract, "subtract_int32", [W(TensorType.Int32), R(TensorType.Int32), R(TensorType.Int32)], 0, 0, 0, 2),
        new(VectorOpcode.ScaleShift, "scale_shift", [W(TensorType.Int32), R(TensorType.Int32)], 0, 2, 0, 2),
        new(VectorOpcode.Clamp, "clamp", [W(TensorType.Int32), R(TensorType.Int32)], 0, 1, 0, 1),
        new(VectorOpcode.MomentumUpdate, "momentum_update",
            [new(SlotAccess.ReadWrite, TensorType.Int32), new(SlotAccess.ReadWrite, TensorType.Int32), R(TensorType.Int8)], 1, 2, 0, 3),
        new(VectorOpcode.GatherRows, "gather_rows",
            [W(TensorType.Int8, TensorType.UInt8, TensorType.Int32), R(TensorType.Int8, TensorType.UInt8, TensorType.Int32), R(TensorType.Int32)],
            0, 0, 0, 1),
        new(VectorOpcode.KeyedPermutation, "keyed_permutation", [W(TensorType.Int32), R(TensorType.UInt8)], 1, 3, 0, 16384),
        new(VectorOpcode.UniformFill, "uniform_fill", [W(TensorType.Int32)], 0, 3, 0, 32),
        new(VectorOpcode.Sequence, "sequence", [W(TensorType.Int32)], 0, 2, 0, 1),
        new(VectorOpcode.Fill, "fill", [W(TensorType.Int8, TensorType.Int32)], 0, 1, 0, 1),
    ];

    /// <summary>The entry of a code, or null if there is no such operation.</summary>
    public static VectorOpInfo? Find(byte code) => code >= 1 && code <= All.Count ? All[code - 1] : null;

    private static SlotOperand R(params TensorType[] types) => new(SlotAccess.Read, types);

    private static SlotOperand W(params TensorType[] types) => new(SlotAccess.Write, types);
}
