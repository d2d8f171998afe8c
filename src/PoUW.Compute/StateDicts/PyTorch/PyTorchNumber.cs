using System.Globalization;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A Python int, float or bool.</summary>
public sealed class PyTorchNumber : PyTorchValue
{
    private readonly long _bits;

    /// <summary>An int.</summary>
    public PyTorchNumber(long value) => (Kind, _bits) = (PyTorchNumberKind.Integer, value);

    /// <summary>A float.</summary>
    public PyTorchNumber(double value) => (Kind, _bits) = (PyTorchNumberKind.Float, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A bool.</summary>
    public PyTorchNumber(bool value) => (Kind, _bits) = (PyTorchNumberKind.Boolean, value ? 1 : 0);

    /// <summary>What it is.</summary>
    public PyTorchNumberKind Kind { get; }

    /// <summary>The value of an int, or of a bool as 0 or 1.</summary>
    /// <exception cref="StateDictException">It is a float.</exception>
    public long ToInt64() => Kind != PyTorchNumberKind.Float ? _bits : throw new StateDictException($"{this} is no int.");

    /// <summary>The value; an int is rounded to nearest, ties to even.</summary>
    public double ToFloat64() => Kind == PyTorchNumberKind.Float ? BitConverter.Int64BitsToDouble(_bits) : _bits;

    /// <summary>The value of a bool.</summary>
    /// <exception cref="StateDictException">It is none.</exception>
    public bool ToBoolean() => Kind == PyTorchNumberKind.Boolean ? _bits != 0 : throw new StateDictException($"{this} is no bool.");

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PyTorchNumberKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        PyTorchNumberKind.Boolean => _bits != 0 ? "True" : "False",
        _ => ToFloat64().ToString("R", CultureInfo.InvariantCulture),
    };
}
