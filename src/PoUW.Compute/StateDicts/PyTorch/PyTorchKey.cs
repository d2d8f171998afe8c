using System.Globalization;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A key of a dict: a text or an int.</summary>
public readonly record struct PyTorchKey
{
    /// <summary>A text.</summary>
    public PyTorchKey(string text) => Text = text;

    /// <summary>An int.</summary>
    public PyTorchKey(long integer) => Integer = integer;

    /// <summary>The text, or null if the key is an int.</summary>
    public string? Text { get; }

    /// <summary>The int; 0 if the key is a text.</summary>
    public long Integer { get; }

    /// <summary>A text.</summary>
    public static implicit operator PyTorchKey(string text) => new(text);

    /// <summary>An int.</summary>
    public static implicit operator PyTorchKey(long integer) => new(integer);

    /// <inheritdoc/>
    public override string ToString() => Text ?? Integer.ToString(CultureInfo.InvariantCulture);
}
