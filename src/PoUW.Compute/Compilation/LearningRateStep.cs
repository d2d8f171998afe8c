namespace PoUW.Compute.Compilation;

/// <summary>From step <paramref name="FirstStep"/> on, gradients are scaled by 2^<paramref name="Shift"/>.</summary>
public readonly record struct LearningRateStep(long FirstStep, int Shift);
