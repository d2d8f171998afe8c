using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;

namespace PoUW.Compute.Tests.Models;

/// <summary>Models with one operation or module each, between layers with parameters: their gradients hold that of its input.</summary>
internal static class ModelCases
{
    private static readonly (int Channels, int Height, int Width) Image = (2, 6, 5);

    /// <summary>All but dropout. No layer in front of a batch norm has a bias: its gradient is zero but for rounding.</summary>
    public static IEnumerable<ModelCase> All => [.. OnVectors, .. OnImages, .. Architectures];

    /// <summary>Its masks are not PyTorch's, so it is not in the goldens.</summary>
    public static ModelCase Dropout => Vectors("dropout", new Dropout(0.4f));

    public static ModelCase Find(string name) => All.First(c => c.Name == name);

    private static IEnumerable<ModelCase> OnVectors =>
    [
        Vectors("linear"),
        new("linear_without_bias", new Sequential(new Linear(5, 4, bias: false), new Linear(4, 3))),
        Vectors("relu", new ReLU()),
        Vectors("gelu", new GELU()),
        Vectors("tanh", new Tanh()),
        Vectors("sigmoid", new Sigmoid()),
        Vectors("softmax", new Softmax()),
        Vectors("leaky_relu", new LeakyReLU(0.3f)),
        Vectors("silu", new SiLU()),
        Vectors("dropout_0", new Dropout(0)),
        new("batch_norm1d", new Sequential(new Linear(5, 6, bias: false), new BatchNorm1d(6), new Tanh(), new Linear(6, 3))),
        new("residual", new ResidualNet()),
        new("unflatten", new Sequential(
            new Linear(5, 12), new Unflatten(3, 2, 2), new Conv2d(3, 4, 2, padding: 1), new Tanh(), new Flatten(), new Linear(36, 3))),
    ];

    private static IEnumerable<ModelCase> OnImages =>
    [
        Images("conv", 9, new Conv2d(2, 4, 3), new Conv2d(4, 3, (2, 3))),
        Images("conv_stride", 36, new Conv2d(2, 4, 3, padding: 1), new Conv2d(4, 4, 3, stride: 2, padding: 1)),
        Images("conv_pairs", 24, new Conv2d(2, 4, 1), new Conv2d(4, 2, (3, 2), stride: (2, 1), padding: (1, 0), bias: false)),
        Images("conv_groups", 180, new Conv2d(2, 4, 1), new Conv2d(4, 6, 3, padding: 1, groups: 2)),
        Images("conv_depthwise", 120, new Conv2d(2, 4, 1), new Conv2d(4, 4, 3, padding: 1, groups: 4)),
        Images("max_pool", 18, new Conv2d(2, 3, 1), new MaxPool2d(2)),
        Images("max_pool_padded", 27, new Conv2d(2, 3, 1), new MaxPool2d(3, 2, 1)),
        Images("avg_pool", 18, new Conv2d(2, 3, 1), new AvgPool2d(2)),
        Images("avg_pool_padded", 54, new Conv2d(2, 3, 1), new AvgPool2d((3, 2), (2, 1), (1, 1))),
        Images("adaptive_avg_pool", 3, new Conv2d(2, 3, 1), new Tanh(), new AdaptiveAvgPool2d(1)),
        Images("batch_norm2d", 60, new Conv2d(2, 3, 2, bias: false), new BatchNorm2d(3), new Tanh()),
        Images("batch_norm2d_plain", 60, new Conv2d(2, 3, 2, bias: false), new BatchNorm2d(3, eps: 1e-3f, momentum: 0.3f, affine: false), new Tanh()),
        new("reshape", new ReshapingNet(), Image, Targets: 12),
        Images("block_same", 90, new Conv2d(2, 3, 1, bias: false), new BasicBlock(3, 3)),
        Images("block_down", 36, new Conv2d(2, 3, 1, bias: false), new BasicBlock(3, 4, 2)),
    ];

    private static IEnumerable<ModelCase> Architectures =>
    [
        new("resnet_small", new ResNet([1, 1], [4, 6], 5, 2, smallImages: true), (2, 8, 8), Batch: 4, Classes: 5),
        new("resnet", new ResNet([1, 1], [4, 6], 5, 2), (2, 33, 30), Batch: 4, Classes: 5),
        new("lenet5", new LeNet5(), (1, 28, 28), Batch: 4, Classes: 10),
        new("small_cnn", new SmallCnn(1, 8), (1, 8, 8), Batch: 4, Classes: 10),
    ];

    private static ModelCase Vectors(string name, params Module[] between) =>
        new(name, new Sequential([new Linear(5, 6), .. between, new Linear(6, 3)]));

    private static ModelCase Images(string name, int features, params Module[] layers) =>
        new(name, new Sequential([.. layers, new Flatten(), new Linear(features, 3)]), Image);
}
