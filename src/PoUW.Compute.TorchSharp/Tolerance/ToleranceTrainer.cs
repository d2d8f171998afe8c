using System.Runtime.InteropServices;
using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Arithmetic;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>
/// Runs units of a lane T job on a device: a worker to train, an auditor to replay. The state holds the parameters, the buffers and the momentum, so that
/// a unit starts from nothing else. One dispose scope a step. TF32 is off while it computes. Not thread-safe.
/// </summary>
public sealed class ToleranceTrainer : IDisposable
{
    /// <summary>What the names of momentum tensors begin with.</summary>
    public const string MomentumPrefix = "momentum.";

    private const float FractionOfWord = 1f / (1 << 24);

    private readonly ToleranceJob _job;
    private readonly torch.Device _device;
    private readonly DataOrder _order;
    private readonly Module<torch.Tensor, torch.Tensor> _module;
    private readonly (string Name, torch.Tensor Value)[] _parameters;
    private readonly (string Name, torch.Tensor Value)[] _buffers;
    private readonly torch.Tensor[] _momenta;

    /// <summary>Makes the module on a device.</summary>
    /// <exception cref="ArgumentException">The module has parameters that are not fp32, or buffers that are neither that nor Int64.</exception>
    public ToleranceTrainer(ToleranceJob job, TorchDevice device)
    {
        (_job, _device) = (job, device.ToTorch());
        _order = new DataOrder(job.OrderKey, job.Data.Count, job.BatchSize);
        _module = job.CreateModule();
        _module.to(_device);
        _parameters = [.. _module.named_parameters().Select(static item => (item.name, (torch.Tensor)item.parameter))];
        _buffers = [.. _module.named_buffers().Select(static item => (item.name, item.buffer))];
        if (_parameters.FirstOrDefault(static item => item.Value.dtype != torch.ScalarType.Float32) is { Name: { } parameter })
        {
            throw new ArgumentException($"'{parameter}' is not fp32.", nameof(job));
        }

        // A normalisation counts its batches, which decides its averages where it has no momentum.
        if (_buffers.FirstOrDefault(static item => item.Value.dtype is not (torch.ScalarType.Float32 or torch.ScalarType.Int64)) is { Name: { } buffer })
        {
            throw new ArgumentException($"'{buffer}' is neither fp32 nor Int64.", nameof(job));
        }

        _momenta = [.. _parameters.Select(static item => torch.zeros_like(item.Value))];
    }

    /// <summary>
    /// The state before the first unit, the same bits everywhere: parameters uniform in +-1/sqrt(inputs of a neuron) from Philox, those of one dimension zero, or one if
    /// they are called a weight; buffers as the module makes them; momentum zero.
    /// </summary>
    public StateDict InitialState()
    {
        List<KeyValuePair<string, StateTensor>> state = [];
        for (int i = 0; i < _parameters.Length; i++)
        {
            (string name, torch.Tensor value) = _parameters[i];
            state.Add(new(name, StateTensor.FromFloat32(Initial(name, value.shape, (ulong)i), value.shape)));
        }

        state.AddRange(_buffers.Select(static item => new KeyValuePair<string, StateTensor>(item.Name, Read(item.Value))));
        state.AddRange(_parameters.Select(static item => new KeyValuePair<string, StateTensor>(
            MomentumPrefix + item.Name, StateTensor.FromFloat32(new float[item.Value.numel()], item.Value.shape))));
        return new StateDict(state);
    }

    /// <summary>Runs a unit.</summary>
    /// <param name="before">The state that it starts from.</param>
    /// <param name="unit">Its number, which decides its batches.</param>
    /// <param name="cancellation">Breaks it off between two steps.</param>
    /// <returns>The state after it, and the mean loss. Null if the device has no memory for it.</returns>
    /// <exception cref="StateDictException">The state lacks a tensor.</exception>
    /// <exception cref="ArgumentException">A tensor has another shape.</exception>
    public ToleranceUnit? Run(StateDict before, long unit, CancellationToken cancellation = default)
    {
        try
        {
            Load(before);
            _module.train();
            double loss = 0;
            for (int step = 0; step < _job.StepsPerUnit; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                loss += Step((unit * _job.StepsPerUnit) + step);
            }

            return new ToleranceUnit(unit, State(), loss / _job.StepsPerUnit);
        }
        catch (ExternalException failure) when (TorchMemory.IsOutOfMemory(failure))
        {
            return null;
        }
    }

    /// <summary>Part of the samples that a state classifies rightly.</summary>
    public double Accuracy(StateDict state, Dataset data)
    {
        using IDisposable plain = TorchSettings.Hold(tf32: false);
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable noGradients = torch.no_grad();
        Load(state);
        _module.eval();
        (torch.Tensor inputs, torch.Tensor labels) = Batch(data, [.. Enumerable.Range(0, data.Count)]);
        return _module.forward(inputs).argmax(1).eq(labels).to_type(torch.ScalarType.Float32).mean().item<float>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _module.Dispose();
        foreach (torch.Tensor momentum in _momenta)
        {
            momentum.Dispose();
        }
    }

    private double Step(long step)
    {
        using IDisposable plain = TorchSettings.Hold(tf32: false);
        using DisposeScope scope = torch.NewDisposeScope();
        int[] samples = new int[_job.BatchSize];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = _order.IndexAt(step / _order.StepsPerEpoch, (int)(step % _order.StepsPerEpoch * _job.BatchSize) + i);
        }

        (torch.Tensor inputs, torch.Tensor labels) = Batch(_job.Data, samples);
        _module.zero_grad();
        torch.Tensor loss = functional.cross_entropy(_module.forward(inputs), labels);
        loss.backward();
        using IDisposable noGradients = torch.no_grad();
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].Value.grad is { } gradient)
            {
                _momenta[i].mul_(_job.Momentum).add_(gradient);
                _parameters[i].Value.sub_(_momenta[i].mul(_job.LearningRate));
            }
        }

        return loss.item<float>();
    }

    private (torch.Tensor Inputs, torch.Tensor Labels) Batch(Dataset data, int[] samples)
    {
        float[] values = new float[samples.Length * (int)_job.InputShape.Aggregate(1L, static (product, size) => product * size)];
        long[] labels = new long[samples.Length];
        int size = values.Length / samples.Length;
        for (int i = 0; i < samples.Length; i++)
        {
            ReadOnlySpan<byte> bytes = data.Value(samples[i], _job.InputColumn);
            for (int j = 0; j < size; j++)
            {
                values[(i * size) + j] = bytes[j] / 255f;
            }

            labels[i] = data.Value(samples[i], _job.LabelColumn)[0];
        }

        torch.Tensor inputs = torch.tensor(values).reshape([samples.Length, .. _job.InputShape]).to(_device);
        return (inputs, torch.tensor(labels).to(_device));
    }

    private void Load(StateDict state)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable noGradients = torch.no_grad();
        foreach ((string name, torch.Tensor value) in _parameters.Concat(_buffers))
        {
            Write(state[name], name, value);
        }

        for (int i = 0; i < _parameters.Length; i++)
        {
            Write(state[MomentumPrefix + _parameters[i].Name], _parameters[i].Name, _momenta[i]);
        }
    }

    private StateDict State()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable noGradients = torch.no_grad();
        return new StateDict(_parameters.Concat(_buffers)
            .Select(static item => new KeyValuePair<string, StateTensor>(item.Name, Read(item.Value)))
            .Concat(_parameters.Select((item, i) => new KeyValuePair<string, StateTensor>(MomentumPrefix + item.Name, Read(_momenta[i])))));
    }

    private static StateTensor Read(torch.Tensor value)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        torch.Tensor home = value.detach().cpu().contiguous();
        return value.dtype == torch.ScalarType.Int64
            ? StateTensor.FromInt64(MemoryMarshal.Cast<byte, long>(home.bytes), value.shape)
            : StateTensor.FromFloat32(MemoryMarshal.Cast<byte, float>(home.bytes), value.shape);
    }

    private static void Write(StateTensor source, string name, torch.Tensor target)
    {
        if (!source.Shape.SequenceEqual(target.shape))
        {
            throw new ArgumentException($"'{name}' is {source}, not [{string.Join(", ", target.shape)}].", nameof(source));
        }

        using torch.Tensor values = target.dtype == torch.ScalarType.Int64 ? torch.tensor(source.ToInt64()) : torch.tensor(source.ToFloat32());
        target.copy_(values.reshape(target.shape));
    }

    private float[] Initial(string name, long[] shape, ulong stream)
    {
        float[] values = new float[shape.Aggregate(1L, static (product, size) => product * size)];
        if (shape.Length <= 1)
        {
            Array.Fill(values, name.EndsWith("weight", StringComparison.Ordinal) ? 1f : 0f);
            return values;
        }

        float bound = 1f / MathF.Sqrt((float)values.Length / shape[0]);
        for (int i = 0; i < values.Length; i++)
        {
            uint word = Philox4x32.Block(_job.Seed, stream, (ulong)i).X0;
            values[i] = (((word >> 8) * FractionOfWord * 2) - 1) * bound;
        }

        return values;
    }
}
