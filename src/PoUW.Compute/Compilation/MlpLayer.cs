namespace PoUW.Compute.Compilation;

/// <summary>Slot indices of one layer.</summary>
/// <param name="Input">Int8 activations that enter the layer.</param>
/// <param name="Master">Int32 master weights.</param>
/// <param name="Velocity">Int32 momentum.</param>
/// <param name="Weight">Int8 weights.</param>
/// <param name="Sum">Int32 product of the forward pass.</param>
/// <param name="Output">Int8 activations or logits.</param>
/// <param name="Error">Int8 error of the output.</param>
/// <param name="ErrorSum">Int32 error of the input; -1 in the first layer.</param>
/// <param name="GradientSum">Int32 gradient of the weights.</param>
/// <param name="Gradient">Int8 gradient of the weights.</param>
internal sealed record MlpLayer(
    int Input, int Master, int Velocity, int Weight, int Sum, int Output, int Error, int ErrorSum, int GradientSum, int Gradient);
