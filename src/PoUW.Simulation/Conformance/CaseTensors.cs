using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>Fills tensors with ordinary and with adversarial values.</summary>
internal static class CaseTensors
{
    private const int MantissaBits = 23;
    private const int SignBit = int.MinValue;

    public static Tensor Copy(Tensor tensor)
    {
        Tensor copy = new(tensor.Type, tensor.Rows, tensor.Columns);
        tensor.Bytes.CopyTo(copy.Bytes);
        return copy;
    }

    /// <summary>A tensor of random values; adversarial ones hold infinities, NaNs with payloads, denormals, signed zeros and extremes.</summary>
    public static Tensor Create(CaseRandom random, TensorType type, int rows, int columns, bool adversarial)
    {
        Tensor tensor = new(type, rows, columns);
        switch (type)
        {
            case TensorType.Float32:
                foreach (ref float value in tensor.Float32)
                {
                    value = BitConverter.Int32BitsToSingle(FloatBits(random, adversarial));
                }

                break;
            case TensorType.Int32:
                foreach (ref int value in tensor.Int32)
                {
                    value = Integer(random, adversarial);
                }

                break;
            default:
                Bytes(random, tensor, adversarial);
                break;
        }

        return tensor;
    }

    /// <summary>Int8 values that MATMUL admits.</summary>
    public static Tensor Operand(CaseRandom random, int rows, int columns, bool adversarial)
    {
        Tensor tensor = new(TensorType.Int8, rows, columns);
        foreach (ref sbyte value in tensor.Int8)
        {
            value = adversarial ? (sbyte)(random.Chance(50) ? -64 : 63) : (sbyte)random.Range(-64, 63);
        }

        return tensor;
    }

    /// <summary>Int32 or UInt8 values below a bound.</summary>
    public static Tensor Below(CaseRandom random, TensorType type, int rows, int bound)
    {
        Tensor tensor = new(type, rows, 1);
        for (int i = 0; i < rows; i++)
        {
            int value = random.Range(0, bound - 1);
            if (type == TensorType.UInt8)
            {
                tensor.UInt8[i] = (byte)value;
            }
            else
            {
                tensor.Int32[i] = value;
            }
        }

        return tensor;
    }

    public static int FloatBits(CaseRandom random, bool adversarial)
    {
        int sign = random.Chance(50) ? SignBit : 0;
        int mantissa = random.Range(0, (1 << MantissaBits) - 1);
        int kind = adversarial ? random.Range(0, 99) : 99;
        return sign | kind switch
        {
            < 2 => 0x7F800000,
            < 3 => 0x7F800000 | mantissa,
            < 8 => mantissa,
            < 12 => 0,
            < 20 => (random.Range(1, 254) << MantissaBits) | mantissa,
            _ => (random.Range(120, 130) << MantissaBits) | mantissa,
        };
    }

    private static int Integer(CaseRandom random, bool adversarial)
    {
        int value = unchecked((int)random.Next());
        return adversarial && random.Chance(20)
            ? random.Pick([int.MinValue, int.MaxValue, int.MinValue + 1, -1, 0, 1])
            : value >> random.Range(0, 31);
    }

    private static void Bytes(CaseRandom random, Tensor tensor, bool adversarial)
    {
        foreach (ref byte value in tensor.Bytes)
        {
            value = adversarial && random.Chance(30) ? random.Pick<byte>([0x80, 0x7F, 0xFF, 0x00]) : unchecked((byte)random.Next());
        }
    }
}
