namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A text. An element type or a device, where a file holds one as a value, is read as its name, such as "torch.float32".</summary>
/// <param name="value">The text.</param>
public sealed class PyTorchText(string value) : PyTorchValue
{
    /// <summary>The text.</summary>
    public string Value { get; } = value;

    /// <inheritdoc/>
    public override string ToString() => Value;
}
