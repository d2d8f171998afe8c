using PoUW.Compute.TileWork;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>A kernel with one wrong bit in one of its results: what a miscompiled or broken machine would do.</summary>
internal sealed unsafe class FaultyKernel(FaultyKernel.Fault fault) : TileKernel
{
    private readonly TileKernel _good = TileKernels.Create(TileKernelKind.Portable);
    private int _calls;

    public enum Fault
    {
        Fold,
        Sum,
        Denoise,
        DeepDenoise,
    }

    public override byte BiasA => _good.BiasA;

    public override void Correct(sbyte* b, int length, int stride, int* corrections) => _good.Correct(b, length, stride, corrections);

    public override void Segment(byte* a, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c, bool add)
    {
        _good.Segment(a, b, corrections, length, stride, folds, c, add);

        // One call in four only: a tile folds four products onto the same words, and two equal flips would cancel.
        folds[5] ^= fault == Fault.Fold && _calls++ % 4 == 0 ? 1u : 0;
        c[0] ^= fault == Fault.Sum ? 1 : 0;
    }

    public override void Denoise(short* left, short* right, int terms, int* c, int* target, nint targetStride)
    {
        _good.Denoise(left, right, terms, c, target, targetStride);
        target[0] ^= fault == Fault.Denoise || (fault == Fault.DeepDenoise && terms == 128) ? 1 : 0;
    }
}
