namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// A node of what a PyTorch file holds: <see cref="PyTorchDictionary"/>, <see cref="PyTorchList"/>, <see cref="PyTorchTuple"/>,
/// <see cref="PyTorchTensor"/>, <see cref="PyTorchNumber"/>, <see cref="PyTorchText"/> or <see cref="PyTorchNone"/>; there are no others.
/// A node may have several parents, never itself among its descendants. Immutable; members may be called from any thread.
/// </summary>
public abstract class PyTorchValue
{
    private protected PyTorchValue()
    {
    }

    /// <summary>Values of the tree below, this one included; for <see cref="PickleTree"/>, 0 before.</summary>
    internal int Weight { get; set; }

    /// <summary>Containers on the longest way down; for <see cref="PickleTree"/>.</summary>
    internal int Height { get; set; }
}
