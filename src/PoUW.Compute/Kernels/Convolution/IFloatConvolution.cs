using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// The exact fp32 convolutions with their working memory, bit-equal to the definitions of ConvolutionOps. The threads of the team share
/// outputs, never a chain. Not thread-safe, nor may the team be in use elsewhere meanwhile. Pointers are the caller's to vouch for.
/// </summary>
internal unsafe interface IFloatConvolution : IDisposable
{
    /// <summary>y of x and w.</summary>
    void Forward(in ConvolutionShape shape, float* y, float* x, float* w, ThreadTeam team);

    /// <summary>dx of dy and w.</summary>
    void InputGradient(in ConvolutionShape shape, float* dx, float* dy, float* w, ThreadTeam team);

    /// <summary>dw of dy and x.</summary>
    void WeightGradient(in ConvolutionShape shape, float* dw, float* dy, float* x, ThreadTeam team);
}
