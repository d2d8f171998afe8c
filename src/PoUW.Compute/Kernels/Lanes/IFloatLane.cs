namespace PoUW.Compute.Kernels.Lanes;

/// <summary>
/// One vector width for exact floating-point kernels that are written once: vectors of binary32, and wide vectors of binary64 with half
/// as many elements. Every operation is the IEEE 754 operation of each element in round to nearest even, so a kernel gives the bits of
/// the same sequence on scalars. The bits of a NaN are not defined before <see cref="Canonical"/>. Comparisons are false for NaN
/// and give all bits set for true. Integer operations work on the 64-bit patterns of a wide vector and wrap around. Implemented by empty
/// structs so that the compiler specialises the kernel.
/// </summary>
internal unsafe interface IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    /// <summary>Floats a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Reads <see cref="Width"/> floats; no alignment needed.</summary>
    static abstract TFloat Load(float* source);

    /// <summary>Writes <see cref="Width"/> floats; no alignment needed.</summary>
    static abstract void Store(TFloat value, float* destination);

    /// <summary>Repeats a number.</summary>
    static abstract TFloat Create(float value);

    /// <summary>Repeats a number.</summary>
    static abstract TWide CreateWide(double value);

    /// <summary>Repeats a bit pattern.</summary>
    static abstract TWide CreateWideBits(long bits);

    /// <summary>The first and the second half as binary64, exact.</summary>
    static abstract (TWide Lower, TWide Upper) Widen(TFloat value);

    /// <summary>Rounds to binary32, with subnormal results and overflow to infinity.</summary>
    static abstract TFloat Narrow(TWide lower, TWide upper);

    /// <summary>x + y.</summary>
    static abstract TFloat Add(TFloat x, TFloat y);

    /// <inheritdoc cref="Add(TFloat, TFloat)"/>
    static abstract TWide Add(TWide x, TWide y);

    /// <summary>x - y.</summary>
    static abstract TFloat Subtract(TFloat x, TFloat y);

    /// <inheritdoc cref="Subtract(TFloat, TFloat)"/>
    static abstract TWide Subtract(TWide x, TWide y);

    /// <summary>x * y.</summary>
    static abstract TFloat Multiply(TFloat x, TFloat y);

    /// <inheritdoc cref="Multiply(TFloat, TFloat)"/>
    static abstract TWide Multiply(TWide x, TWide y);

    /// <summary>x / y.</summary>
    static abstract TFloat Divide(TFloat x, TFloat y);

    /// <inheritdoc cref="Divide(TFloat, TFloat)"/>
    static abstract TWide Divide(TWide x, TWide y);

    /// <summary>x * y + z with one rounding.</summary>
    static abstract TFloat Fma(TFloat x, TFloat y, TFloat z);

    /// <inheritdoc cref="Fma(TFloat, TFloat, TFloat)"/>
    static abstract TWide Fma(TWide x, TWide y, TWide z);

    /// <summary>The square root.</summary>
    static abstract TFloat Sqrt(TFloat x);

    /// <inheritdoc cref="Sqrt(TFloat)"/>
    static abstract TWide Sqrt(TWide x);

    /// <summary>x &lt; y.</summary>
    static abstract TFloat Less(TFloat x, TFloat y);

    /// <inheritdoc cref="Less(TFloat, TFloat)"/>
    static abstract TWide Less(TWide x, TWide y);

    /// <summary>x == y; the zeros are equal.</summary>
    static abstract TFloat Equal(TFloat x, TFloat y);

    /// <inheritdoc cref="Equal(TFloat, TFloat)"/>
    static abstract TWide Equal(TWide x, TWide y);

    /// <summary>Where the mask's bits are set x, else y.</summary>
    static abstract TFloat Select(TFloat mask, TFloat x, TFloat y);

    /// <inheritdoc cref="Select(TFloat, TFloat, TFloat)"/>
    static abstract TWide Select(TWide mask, TWide x, TWide y);

    /// <summary>Bitwise and.</summary>
    static abstract TFloat And(TFloat x, TFloat y);

    /// <inheritdoc cref="And(TFloat, TFloat)"/>
    static abstract TWide And(TWide x, TWide y);

    /// <summary>Bitwise or.</summary>
    static abstract TFloat Or(TFloat x, TFloat y);

    /// <inheritdoc cref="Or(TFloat, TFloat)"/>
    static abstract TWide Or(TWide x, TWide y);

    /// <summary>Bitwise exclusive or.</summary>
    static abstract TFloat Xor(TFloat x, TFloat y);

    /// <inheritdoc cref="Xor(TFloat, TFloat)"/>
    static abstract TWide Xor(TWide x, TWide y);

    /// <summary>The number without its sign.</summary>
    static abstract TFloat Abs(TFloat x);

    /// <inheritdoc cref="Abs(TFloat)"/>
    static abstract TWide Abs(TWide x);

    /// <summary>The sum of the bit patterns as 64-bit integers.</summary>
    static abstract TWide AddBits(TWide x, TWide y);

    /// <summary>The bit patterns shifted to the left by 0 to 63.</summary>
    static abstract TWide ShiftLeftBits(TWide x, int count);

    /// <summary>The bit patterns shifted to the right by 0 to 63, zeros from the left.</summary>
    static abstract TWide ShiftRightBits(TWide x, int count);

    /// <summary>The value, with 0x7FC00000 for any NaN.</summary>
    static abstract TFloat Canonical(TFloat value);

    /// <summary>IEEE 754-2019 maximum, <see cref="Vm.Arithmetic.Fp32.Max"/>.</summary>
    static abstract TFloat Max(TFloat x, TFloat y);

    /// <summary>IEEE 754-2019 minimum, <see cref="Vm.Arithmetic.Fp32.Min"/>.</summary>
    static abstract TFloat Min(TFloat x, TFloat y);

    /// <summary>Reads the first elements and no byte more; the others are +0.</summary>
    /// <param name="source">Where they lie.</param>
    /// <param name="count">1 to <see cref="Width"/>.</param>
    static abstract TFloat LoadPart(float* source, nint count);

    /// <summary>Writes the first elements and no byte more.</summary>
    /// <param name="value">The vector.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="count">1 to <see cref="Width"/>.</param>
    static abstract void StorePart(TFloat value, float* destination, nint count);

    /// <summary>Reads <see cref="Width"/> integers and converts them, exact.</summary>
    static abstract TFloat FromInt8(sbyte* source);

    /// <inheritdoc cref="FromInt8"/>
    static abstract TFloat FromUInt8(byte* source);

    /// <summary>Reads <see cref="Width"/> integers and converts them, rounded to nearest even.</summary>
    static abstract TFloat FromInt32(int* source);

    /// <summary>Transposes <see cref="Width"/> rows of as many floats; the bits stay. Strides are in floats; the blocks do not overlap.</summary>
    static abstract void Transpose(float* source, nint sourceStride, float* destination, nint destinationStride);
}
