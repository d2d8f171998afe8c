namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Python's None.</summary>
public sealed class PyTorchNone : PyTorchValue
{
    private PyTorchNone()
    {
    }

    /// <summary>The only value.</summary>
    public static PyTorchNone Value { get; } = new();

    /// <inheritdoc/>
    public override string ToString() => "None";
}
