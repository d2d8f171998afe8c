using PoUW.Core;

namespace PoUW.Compute;

/// <summary>Root of the exceptions of this package. Bad input is reported as a validation result instead.</summary>
public class ComputeException(string message) : PouwException(message);
