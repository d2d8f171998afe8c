namespace PoUW.Vm.Tensors;

/// <summary>Element types of tensors. Values are part of the bytecode.</summary>
public enum TensorType : byte
{
    /// <summary>8-bit two's complement.</summary>
    Int8 = 1,

    /// <summary>8-bit unsigned.</summary>
    UInt8 = 2,

    /// <summary>32-bit two's complement, little-endian.</summary>
    Int32 = 3,

    /// <summary>64-bit two's complement, little-endian.</summary>
    Int64 = 4,

    /// <summary>IEEE 754 binary32, little-endian. Results never hold a NaN but the canonical one, 0x7FC00000.</summary>
    Float32 = 5,
}
