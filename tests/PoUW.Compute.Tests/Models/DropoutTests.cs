using PoUW.Compute.Compilation;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>
/// Masks of dropout. A row of ones goes through dropout into a Linear with one output; the gradient of its weights is the mask times the
/// error, so the mask can be read from it.
/// </summary>
public sealed class DropoutTests
{
    private const int Width = 4096;

    [Test]
    public void The_share_and_the_scale_are_those_of_p([Values(0.1f, 0.5f, 0.9f)] float p)
    {
        float[] mask = MaskOf(Runner(p), step: 0);
        double dropped = mask.Count(static m => m == 0) / (double)Width;

        // Five standard deviations of a binomial distribution.
        Assert.That(dropped, Is.EqualTo(p).Within(5 * Math.Sqrt(p * (1 - p) / Width)));
        Assert.That(mask.Where(static m => m != 0), Is.All.EqualTo(1 / (1 - p)).Within(1e-4f));
    }

    [Test]
    public void Masks_differ_from_step_to_step_and_from_seed_to_seed()
    {
        float[] first = MaskOf(Runner(0.5f), step: 0);
        float[] again = MaskOf(Runner(0.5f), step: 0);
        float[] later = MaskOf(Runner(0.5f), step: 1);
        float[] other = MaskOf(Runner(0.5f, seed: 9), step: 0);
        Assert.That(again, Is.EqualTo(first));
        foreach (float[] mask in new[] { later, other })
        {
            int equal = mask.Zip(first).Count(static m => (m.First == 0) == (m.Second == 0));
            Assert.That(equal / (double)Width, Is.EqualTo(0.5).Within(0.04), "independent masks agree in half of the places");
        }
    }

    [Test]
    public void Two_layers_have_masks_of_their_own()
    {
        float[] mask = MaskOf(Runner(0.5f, layers: 2), step: 0);
        Assert.That(mask.Count(static m => m == 0) / (double)Width, Is.EqualTo(0.75).Within(0.04));
        Assert.That(mask.Max(), Is.EqualTo(4).Within(1e-3));
    }

    [Test]
    public void Prediction_drops_nothing()
    {
        ModelRunner runner = Runner(0.5f);
        float[] weights = ModelRuns.Get(runner, "1.weight");
        Assert.That(runner.Predict(0)[0], Is.EqualTo(weights.Sum(static w => (double)w)).Within(1e-4));
        Assert.That(runner.Evaluate().Loss, Is.EqualTo(runner.Evaluate().Loss));
    }

    [Test]
    public void P_of_one_drops_everything() => Assert.That(MaskOf(Runner(1), step: 0), Is.All.Zero);

    /// <summary>What the input was multiplied by.</summary>
    private static float[] MaskOf(ModelRunner runner, long step)
    {
        runner.Train(step, 1);
        float[] gradient = ModelRuns.Gradient(runner, Weight(runner));
        float error = ModelRuns.Gradient(runner, Weight(runner).Replace("weight", "bias", StringComparison.Ordinal))[0];
        Assert.That(error, Is.Not.Zero);
        return [.. gradient.Select(g => g / error)];
    }

    private static string Weight(ModelRunner runner) => runner.State.First(static s => s.Name.EndsWith(".weight", StringComparison.Ordinal)).Name;

    private static ModelRunner Runner(float p, long seed = 0, int layers = 1)
    {
        TrainingSpec spec = new()
        {
            Model = new Sequential([.. Enumerable.Range(0, layers).Select(_ => new Dropout(p)), new Linear(Width, 1)]),
            Input = new VectorInput(Width),
            Loss = new MseLoss(),
            Optimiser = new Sgd(0, Momentum: 0.5f),
            BatchSize = 1,
            MaskSeed = seed,
        };
        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(spec, 1));
        Tensor ones = new(TensorType.Float32, 1, Width);
        ones.Float32.Fill(1);
        Tensor target = new(TensorType.Float32, 1, 1);
        target.Float32[0] = 100;
        runner.SetInput("features", ones);
        runner.SetInput("targets", target);
        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        ModelRuns.Set(runner, Weight(runner).Replace("weight", "bias", StringComparison.Ordinal), [0]);
        return runner;
    }
}
