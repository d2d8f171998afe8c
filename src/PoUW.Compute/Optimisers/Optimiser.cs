using PoUW.Compute.Compilation;
using PoUW.Core.Validation;

namespace PoUW.Compute.Optimisers;

/// <summary>How weights follow their gradients. Immutable.</summary>
public abstract record Optimiser
{
    /// <summary>The lane that it trains.</summary>
    public abstract Lane Lane { get; }

    /// <summary>Checks every field.</summary>
    public abstract ValidationResult Validate();
}
