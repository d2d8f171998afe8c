namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>What became of a product on a device.</summary>
internal enum ProductOutcome
{
    /// <summary>The result is there.</summary>
    Done,

    /// <summary>The device has no memory for it, not even in small parts.</summary>
    OutOfMemory,

    /// <summary>The device failed.</summary>
    Failed,
}
