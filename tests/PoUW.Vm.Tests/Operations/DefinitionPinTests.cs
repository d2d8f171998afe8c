using System.Security.Cryptography;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations;

/// <summary>
/// The bits of every definition on ten seeded calls. The network agrees on these bits: a pin that changes is a change of the protocol.
/// </summary>
[TestFixture]
public sealed class DefinitionPinTests
{
    private const int Calls = 10;

    private static readonly Dictionary<string, string> Pins = new(StringComparer.Ordinal)
    {
        ["abs_f32"] = "845fe0bd0b785445",
        ["adam_f32"] = "6adda5d868b79f2e",
        ["add_f32"] = "02609d4eea6c271f",
        ["add_row_int32"] = "8cf0a54793def62c",
        ["affine_f32"] = "c92049b9f5140fbf",
        ["argmax_rows_f32"] = "6165ef3b9ca32696",
        ["batch_matmul_f32"] = "7c683b3a9f062e8f",
        ["batch_norm_f32"] = "267cc93de20c5179",
        ["batch_norm_gradient_f32"] = "509e6aef0d506aa1",
        ["batch_norm_train_f32"] = "e2ad92f61f69279f",
        ["clamp_f32"] = "66b396ec7efe6a90",
        ["clip_scale_f32"] = "21f2a5d9e36c478b",
        ["convert_f32"] = "ea33c893703357b8",
        ["copy_columns"] = "a0bc4dc95cbfdf94",
        ["cross_entropy_f32"] = "bcf60da899354afa",
        ["cross_entropy_gradient_f32"] = "10b00fc25cdc85ff",
        ["divide_f32"] = "6f90fb358e82d083",
        ["dropout_mask_f32"] = "c7de6f41f2595786",
        ["exp_f32"] = "45c6b680de24fcc1",
        ["fill_f32"] = "c7de6f41f2595786",
        ["fma_f32"] = "0a615334c402dc0b",
        ["gelu_f32"] = "7b6fbf34a254af7f",
        ["gelu_gradient_f32"] = "e98bac63b898fd99",
        ["layer_norm_f32"] = "8c0ce1e9935e4acd",
        ["layer_norm_gradient_f32"] = "655a43a385468ac8",
        ["layer_norm_parameters_gradient_f32"] = "62ef8b4f0a8e691a",
        ["log_f32"] = "7f57a82cd9ce4461",
        ["max_columns_f32"] = "d3b2bfa34ce8ed16",
        ["maximum_f32"] = "00d988acb03d55d2",
        ["minimum_f32"] = "727133d7462dc288",
        ["multiply_f32"] = "8f2d42aaf67a3653",
        ["normal_fill_f32"] = "4ce720e8f8b245b7",
        ["permute"] = "0c6ab4c13a5f942d",
        ["relu_f32"] = "845fe0bd0b785445",
        ["relu_gradient_f32"] = "e87b3def1d8e109d",
        ["rsqrt_f32"] = "459561ba402cf041",
        ["scatter_add_rows_f32"] = "7d40ec22ec606867",
        ["sgd_f32"] = "c8198ca316a938f5",
        ["sgd_momentum_f32"] = "862a547c0d141c07",
        ["sigmoid_f32"] = "4b2cf1c42de5514d",
        ["sigmoid_gradient_f32"] = "6d372d20f197f136",
        ["softmax_causal_f32"] = "fca6979cc9d2a0f3",
        ["softmax_f32"] = "14de2b68684db582",
        ["softmax_gradient_f32"] = "07d73405dca75cb2",
        ["sqrt_f32"] = "4924258bd97d1a2d",
        ["subtract_f32"] = "8c2cf111845eeedc",
        ["sum_columns_f32"] = "e8300681f71390cc",
        ["sum_rows_f32"] = "9f089703ba4435f8",
        ["sum_rows_int32"] = "30d0c13474cd3430",
        ["sum_squares_f32"] = "e3c2f398ae3ebedf",
        ["tanh_f32"] = "9cb79dfadac29aa1",
        ["tanh_gradient_f32"] = "b1212a9bab62492c",
        ["transpose"] = "945ea7fe96715e91",
        ["reshape"] = "b71483d5b507d447",
        ["uniform_fill_f32"] = "7d85b11a87e8fc29",
    };

    private static IEnumerable<string> Names => CallSamples.Names;

    [TestCaseSource(nameof(Names))]
    public void DefinitionsDoNotDrift(string name)
    {
        TensorOp op = TensorOps.Find(name)!;
        CallSamples.Sample sample = CallSamples.Of(name);
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int seed = 0; seed < Calls; seed++)
        {
            Tensor[] operands = sample.Operands(op, seed);
            Run(op, sample.Immediates, sample.Arguments, operands);
            foreach (Tensor tensor in operands)
            {
                digest.AppendData(tensor.Bytes);
            }
        }

        Assert.That(Convert.ToHexStringLower(digest.GetHashAndReset())[..16], Is.EqualTo(Pins.GetValueOrDefault(name)), name);
    }
}
