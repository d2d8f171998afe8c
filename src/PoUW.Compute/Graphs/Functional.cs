using PoUW.Compute.Graphs.Operations;
using PoUW.Compute.Modules;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Graphs;

/// <summary>
/// The operations of models, named and defined as in torch.nn.functional. They build the graph and check shapes; nothing is computed here.
/// All throw <see cref="ModelException"/> if a shape does not fit.
/// </summary>
public static class Functional
{
    /// <summary>y = x W^T + b over the last dimension; W is (outputs, inputs), b (outputs) or null.</summary>
    public static GraphValue Linear(GraphValue input, Parameter weight, Parameter? bias = null) => new LinearOperation(input, weight, bias).Output;

    /// <summary>max(x, 0).</summary>
    public static GraphValue Relu(GraphValue input) => new ReluOperation(input).Output;

    /// <summary>The sum of two values of one shape; a residual connection.</summary>
    public static GraphValue Add(GraphValue left, GraphValue right) => new AddOperation(left, right).Output;

    /// <summary>All dimensions behind the batch as one, in PyTorch's order (channel, y, x).</summary>
    public static GraphValue Flatten(GraphValue input) => input.Rank == 2 ? input : new FlattenOperation(input).Output;

    /// <summary>The rows of a table (numbers, features) for indices (batch, time).</summary>
    public static GraphValue Embedding(GraphValue input, Parameter weight) => new EmbeddingOperation(input, weight).Output;

    /// <summary>Adds row t of a table (positions, features) to position t of every sequence (batch, time, features).</summary>
    public static GraphValue AddPositions(GraphValue input, Parameter weight) => new PositionEmbeddingOperation(input, weight).Output;

    /// <summary>Layer norm over the last dimension; weight and bias have its size, or are null for 1 and 0.</summary>
    public static GraphValue LayerNorm(GraphValue input, int normalizedShape, Parameter? weight, Parameter? bias, float eps = 1e-5f) =>
        new LayerNormOperation(input, normalizedShape, weight, bias, eps).Output;

    /// <summary>
    /// Scaled dot-product self-attention, (batch, time, 3 * features) to (batch, time, features): queries, keys and values lie side by side, each
    /// with its heads side by side. The scale is 1 / sqrt(features / heads).
    /// </summary>
    /// <param name="packed">Queries, keys and values.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="causal">True if a position sees only itself and those before it.</param>
    /// <param name="dropout">Probability with which an attention weight is dropped while training.</param>
    public static GraphValue SelfAttention(GraphValue packed, int heads, bool causal = false, float dropout = 0) =>
        new SelfAttentionOperation(packed, heads, causal, dropout).Output;

    /// <summary>
    /// Cross-correlation of images with W (outputs, channels / groups, height, width), plus b (outputs) or null. Padding is zeros on all
    /// sides, less than the kernel.
    /// </summary>
    public static GraphValue Conv2d(
        GraphValue input, Parameter weight, Parameter? bias = null, Extent2d? stride = null, Extent2d padding = default, int groups = 1) =>
        new Conv2dOperation(input, weight, bias, stride ?? 1, padding, groups).Output;

    /// <summary>The largest element of each window. The stride is the kernel's size unless given; padding is at most half of it and never wins.</summary>
    public static GraphValue MaxPool2d(GraphValue input, Extent2d kernelSize, Extent2d? stride = null, Extent2d padding = default) =>
        new MaxPool2dOperation(input, kernelSize, stride ?? kernelSize, padding).Output;

    /// <summary>The mean of each window, padding counted as zeros. The stride is the kernel's size unless given; padding is at most half of it.</summary>
    public static GraphValue AvgPool2d(GraphValue input, Extent2d kernelSize, Extent2d? stride = null, Extent2d padding = default) =>
        new AvgPool2dOperation(input, kernelSize, stride ?? kernelSize, padding).Output;

    /// <summary>
    /// The mean of equal windows, as many as the output has pixels: (1, 1) is the global average. The output's size must divide the
    /// input's; PyTorch's overlapping windows of other sizes are refused.
    /// </summary>
    public static GraphValue AdaptiveAvgPool2d(GraphValue input, Extent2d outputSize) => AvgPool2dOperation.Adaptive(input, outputSize).Output;

    /// <summary>
    /// (x - mean) / sqrt(variance + eps) * weight + bias for every channel of (batch, features) or images, see
    /// <see cref="BatchNormStatistics"/>. Without weight and bias they are 1 and 0.
    /// </summary>
    public static GraphValue BatchNorm(GraphValue input, Parameter? weight, Parameter? bias, BatchNormStatistics statistics) =>
        new BatchNormOperation(input, weight, bias, statistics).Output;

    /// <summary>While training each element is 0 with probability p (0 to 1) and else divided by 1 - p; otherwise the input itself.</summary>
    public static GraphValue Dropout(GraphValue input, float p = 0.5f) => new DropoutOperation(input, p).Output;

    /// <summary>x * Phi(x) with the distribution function of the normal distribution; not the approximation by tanh.</summary>
    public static GraphValue Gelu(GraphValue input) =>
        new ActivationOperation("GELU", input, FloatElementwiseOps.Gelu, FloatElementwiseOps.GeluGradient, ofArgument: true).Output;

    /// <summary>The hyperbolic tangent.</summary>
    public static GraphValue Tanh(GraphValue input) =>
        new ActivationOperation("Tanh", input, FloatElementwiseOps.Tanh, FloatElementwiseOps.TanhGradient, ofArgument: false).Output;

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static GraphValue Sigmoid(GraphValue input) =>
        new ActivationOperation("Sigmoid", input, FloatElementwiseOps.Sigmoid, FloatElementwiseOps.SigmoidGradient, ofArgument: false).Output;

    /// <summary>Softmax over the last dimension of (batch, features) or (batch, time, features).</summary>
    public static GraphValue Softmax(GraphValue input) =>
        new ActivationOperation("Softmax", input, FloatReductionOps.Softmax, FloatReductionOps.SoftmaxGradient, ofArgument: false, 2, 3).Output;

    /// <summary>x where it is above 0, else negativeSlope * x.</summary>
    public static GraphValue LeakyRelu(GraphValue input, float negativeSlope = 0.01f) => new LeakyReluOperation(input, negativeSlope).Output;

    /// <summary>x * sigmoid(x).</summary>
    public static GraphValue Silu(GraphValue input) => new SiluOperation(input).Output;

    /// <summary>
    /// The same elements in PyTorch's order under another shape of 2 to 4 dimensions, one of which may be -1. The first is the batch and
    /// stays. Between images and other values the elements are moved; <see cref="Flatten"/> in front of a Linear costs nothing.
    /// </summary>
    public static GraphValue Reshape(GraphValue input, params IReadOnlyList<int> shape) => new ReshapeOperation(input, shape).Output;
}
