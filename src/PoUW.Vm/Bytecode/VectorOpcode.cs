namespace PoUW.Vm.Bytecode;

/// <summary>
/// The operations of VECTOROP, none of which knows a layer or a training step. Values are part of the bytecode; the scalar backend is
/// their definition and docs/vm.md their table. Slot operands are listed destination first; arguments come from the stack.
/// </summary>
public enum VectorOpcode : byte
{
    /// <summary>Int8 dst = clip(RoundShift(Int32 src, shift), +-limit).</summary>
    RequantiseShift = 1,

    /// <summary>Int8 dst = clip(Psto(Int32 src, shift), +-limit): pseudo-stochastic rounding.</summary>
    StochasticRoundShift = 2,

    /// <summary>Pushes the largest absolute value of an Int8 or Int32 slot.</summary>
    MaxAbs = 3,

    /// <summary>Pushes the sum of an Int8 or Int32 slot.</summary>
    Sum = 4,

    /// <summary>Int8 dst = max(src, 0).</summary>
    Relu = 5,

    /// <summary>Int8 dst = src where gate is above 0, else 0.</summary>
    ReluGradient = 6,

    /// <summary>Int8 error of base-2 integer softmax cross-entropy on Int8 logits and UInt8 labels.</summary>
    SoftmaxCrossEntropyGradient = 7,

    /// <summary>Pushes the base-2 loss of the first rows in Q15, summed.</summary>
    SoftmaxCrossEntropyLoss = 8,

    /// <summary>Int32 dst = column of the largest element of each row; the lowest column wins.</summary>
    ArgMaxRows = 9,

    /// <summary>Pushes how many of the first elements of an Int32 vector equal those of a UInt8 vector.</summary>
    CountEqual = 10,

    /// <summary>Int32 dst = a + b modulo 2^32.</summary>
    Add = 11,

    /// <summary>Int32 dst = a - b modulo 2^32.</summary>
    Subtract = 12,

    /// <summary>Int32 dst = (src * multiplier) &gt;&gt; shift, in 64 bits, then modulo 2^32.</summary>
    ScaleShift = 13,

    /// <summary>Int32 dst = clip(src, +-limit).</summary>
    Clamp = 14,

    /// <summary>Integer momentum: v = v - (v &gt;&gt; d) + ((g * rate) &gt;&gt; d); w = clip(w - v, +-limit), modulo 2^32.</summary>
    MomentumUpdate = 15,

    /// <summary>dst row i = src row index[i].</summary>
    GatherRows = 16,

    /// <summary>Int32 dst = a window of a keyed pseudo-random permutation (swap-or-not).</summary>
    KeyedPermutation = 17,

    /// <summary>Int32 dst = uniform in +-bound from Philox4x32-10.</summary>
    UniformFill = 18,

    /// <summary>Int32 dst[i] = min(start + i, maximum).</summary>
    Sequence = 19,

    /// <summary>Int8 or Int32 dst = value.</summary>
    Fill = 20,
}
