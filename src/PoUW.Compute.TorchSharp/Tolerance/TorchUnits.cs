using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Core.Primitives;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>A job of lane T on a device of libtorch. One dispose scope a step; TF32 is off while it computes, and nothing waits for the device until the unit ends.</summary>
internal sealed class TorchUnits : IToleranceUnits
{
    private const int FractionBits = 15;

    // log2(e) in Q15.
    private const long BitsPerNat = 47274;
    private const double MostNats = 1L << 46;

    private readonly ToleranceRecipe _recipe;
    private readonly ToleranceSamples _samples;
    private readonly DataOrder _order;
    private readonly torch.Device _device;
    private readonly TorchModule _module;
    private readonly StateDict _initial;

    public TorchUnits(
        ToleranceRecipe recipe, ToleranceSamples samples, Hash256 orderKey, ulong seed, Func<Module<torch.Tensor, torch.Tensor>> create, torch.Device device)
    {
        (_recipe, _samples, _device) = (recipe, samples, device);
        _order = new DataOrder(orderKey, samples.Data.Count, recipe.BatchSize);
        _module = TorchModule.Create(create, device, recipe.Momentum > 0);
        _initial = ToleranceState.Initial(_module.Shapes, _module.Buffers, recipe.Momentum, seed);
    }

    public StateDict InitialState() => _initial;

    public ToleranceUnit Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        IToleranceUnits.RequireSteps(firstStep, steps);
        ToleranceState.Require(before, _initial);
        return TorchFailure.Guard(() => Train(before, (long)firstStep, (long)steps, cancellation));
    }

    public void Dispose() => _module.Dispose();

    private ToleranceUnit Train(StateDict before, long firstStep, long steps, CancellationToken cancellation)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        _module.Load(before);
        torch.Tensor losses = torch.zeros(1, torch.ScalarType.Int64, _device);
        torch.Tensor correct = torch.zeros(1, torch.ScalarType.Int64, _device);
        for (long step = firstStep; step < firstStep + steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            Step(step, losses, correct);
        }

        StateDict after = _module.Capture();
        ToleranceState.RequireFinite(after);
        return new ToleranceUnit(after, (ulong)losses.item<long>(), (ulong)correct.item<long>(), (ulong)steps * (ulong)_recipe.BatchSize);
    }

    private void Step(long step, torch.Tensor losses, torch.Tensor correct)
    {
        using IDisposable plain = TorchSettings.Hold(tf32: false);
        using DisposeScope scope = torch.NewDisposeScope();
        (torch.Tensor inputs, long[] labels) = Batch(_order.Batch(step));
        torch.Tensor logits = _module.Forward(inputs);
        CheckLogits(logits, labels);
        torch.Tensor targets = torch.tensor(labels).to(_device);
        torch.Tensor loss = functional.cross_entropy(logits, targets);
        using (torch.no_grad())
        {
            losses.add_(ToFixedPoint(loss.detach()));
            correct.add_(logits.argmax(1).eq(targets).sum());
        }

        _module.Update(loss, _recipe.LearningRate, _recipe.Momentum);
    }

    /// <summary>The step's loss in bits, Q15, rounded as the programs of lane R round it: else small losses of the two kinds of engines would differ by their rounding alone.</summary>
    private torch.Tensor ToFixedPoint(torch.Tensor meanNats)
    {
        torch.Tensor nats = meanNats.to_type(torch.ScalarType.Float64).mul(_recipe.BatchSize * (double)(1 << FractionBits));
        return nats.nan_to_num(MostNats, MostNats, 0).clamp(0, MostNats).to_type(torch.ScalarType.Int64).mul(BitsPerNat).bitwise_right_shift(FractionBits);
    }

    /// <summary>A label that is no class would end the process's use of a GPU.</summary>
    private void CheckLogits(torch.Tensor logits, long[] labels)
    {
        if (logits.shape is not [long batch, long classes] || batch != labels.Length)
        {
            throw new ToleranceException($"The module gives [{string.Join(", ", logits.shape)}], not one logit a class for {labels.Length} samples.");
        }

        if (labels.Max() >= classes)
        {
            throw new ToleranceException($"A label is {labels.Max()}, but there are {classes} classes.");
        }
    }

    private (torch.Tensor Inputs, long[] Labels) Batch(int[] indices)
    {
        int length = _recipe.InputLength;
        torch.Tensor bytes = torch.empty([indices.Length, length], dtype: torch.ScalarType.Byte);
        Span<byte> target = bytes.bytes;
        long[] labels = new long[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            _samples.Read(indices[i], target.Slice(i * length, length));
            labels[i] = _samples.Label(indices[i]);
        }

        long[] shape = [indices.Length, .. _recipe.InputShape.Select(static size => (long)size)];
        return (bytes.to(_device).to_type(torch.ScalarType.Float32).div(byte.MaxValue).reshape(shape), labels);
    }
}
