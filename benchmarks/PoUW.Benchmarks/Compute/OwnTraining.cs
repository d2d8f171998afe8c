using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Compute;

/// <summary>
/// The nets of the torch peer trained in lane R on the same kind of data. A step does what the peer's does, and also turns the
/// bytes of its images into numbers, gathers them in the order of the epoch and measures loss and accuracy.
/// </summary>
public sealed class OwnTraining : IDisposable
{
    private const int Images = 4096;
    private const int Side = 28;
    private const int Classes = 10;
    private const float Rate = 0.05f;
    private const float Momentum = 0.9f;

    private readonly CpuBackend? _backend;
    private readonly ModelRunner _runner;
    private long _step;

    private OwnTraining(ModelRunner runner, CpuBackend? backend)
    {
        (_runner, _backend) = (runner, backend);
        Fill(runner);
    }

    /// <summary>Loss of the last step.</summary>
    public double Loss { get; private set; }

    /// <summary>Trains by calling kernels.</summary>
    public static OwnTraining Eager(TrainingCase training)
    {
        CpuBackend backend = new(training.Threads);
        return new OwnTraining(new EagerRunner(Compile(training), backend), backend);
    }

    /// <summary>Trains by calling kernels of a backend that stays the caller's.</summary>
    public static OwnTraining Eager(TrainingCase training, ITensorBackend backend) => new(new EagerRunner(Compile(training), backend), null);

    /// <summary>Trains by running the program on the machine.</summary>
    public static OwnTraining OnMachine(TrainingCase training)
    {
        CpuBackend backend = new(training.Threads);
        return new OwnTraining(new MachineRunner(Compile(training), backend), backend);
    }

    /// <summary>Runs <see cref="TrainingCase.Steps"/> steps.</summary>
    public void Run() => Run(TrainingCase.Steps);

    /// <summary>Runs steps.</summary>
    /// <exception cref="InvalidOperationException">The loss is not finite: something is wrong, and the time means nothing.</exception>
    public void Run(int steps)
    {
        IReadOnlyList<StepMetrics> metrics = _runner.Train(_step, steps);
        _step += steps;
        Loss = metrics[^1].Loss;
        if (!(Loss < 100))
        {
            throw new InvalidOperationException($"The loss is {Loss}.");
        }
    }

    /// <summary>Frees the backend.</summary>
    public void Dispose() => _backend?.Dispose();

    private static CompiledModel Compile(TrainingCase training)
    {
        TrainingSpec spec = new()
        {
            Model = ModelOf(training.Model),
            Input = new ImageInput(1, Side, Side),
            Optimiser = new Sgd(Rate, Momentum),
            BatchSize = training.Batch,
        };
        ValidationResult result = ModelCompiler.TryCompile(spec, Images, VmLimits.Default, out CompiledModel? model);
        return model ?? throw new InvalidOperationException(result.ToString());
    }

    private static Module ModelOf(string name) => name switch
    {
        "mlp" => new Perceptron([Side * Side, 512, Classes]),
        "lenet5" => new LeNet5(),
        "cnn" => new SmallCnn(),
        _ => throw new ArgumentException($"There is no net '{name}'.", nameof(name)),
    };

    /// <summary>Blurred prototypes of ten classes with noise; a fifth of the labels is wrong, as the peer's.</summary>
    private static void Fill(ModelRunner runner)
    {
        Random random = new(1);
        byte[] prototypes = new byte[Classes * Side * Side];
        random.NextBytes(prototypes);
        Tensor images = new(TensorType.UInt8, Images, Side * Side);
        Tensor labels = new(TensorType.UInt8, Images, 1);
        for (int i = 0; i < Images; i++)
        {
            int label = random.Next(Classes);
            labels.UInt8[i] = (byte)(random.Next(5) == 0 ? random.Next(Classes) : label);
            for (int j = 0; j < images.Columns; j++)
            {
                images.UInt8[(i * images.Columns) + j] = (byte)((prototypes[(label * images.Columns) + j] + random.Next(256)) / 2);
            }
        }

        runner.SetInput("images", images);
        runner.SetInput("labels", labels);
        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
    }
}
