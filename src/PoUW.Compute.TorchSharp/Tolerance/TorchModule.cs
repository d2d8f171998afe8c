using System.Runtime.InteropServices;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>A module on a device with its momenta: the state of lane T in and out. Not thread-safe.</summary>
internal sealed class TorchModule : IDisposable
{
    private readonly torch.nn.Module<torch.Tensor, torch.Tensor> _module;
    private readonly (string Name, torch.Tensor Value)[] _parameters;
    private readonly (string Name, torch.Tensor Value)[] _buffers;
    private readonly torch.Tensor[] _momenta;

    private TorchModule(torch.nn.Module<torch.Tensor, torch.Tensor> module, torch.Device device, bool hasMomentum)
    {
        _module = module;
        _module.to(device);
        _module.train();
        _parameters = [.. _module.named_parameters().Select(static item => (item.name, (torch.Tensor)item.parameter))];
        _buffers = [.. _module.named_buffers().Select(static item => (item.name, item.buffer))];
        CheckTypes();
        _momenta = hasMomentum ? [.. _parameters.Select(static item => torch.zeros_like(item.Value).DetachFromDisposeScope())] : [];
    }

    /// <summary>Names and shapes of the trained tensors.</summary>
    internal IEnumerable<(string Name, IReadOnlyList<long> Shape)> Shapes => _parameters.Select(static item => (item.Name, (IReadOnlyList<long>)item.Value.shape));

    /// <summary>Copies of the other tensors.</summary>
    internal IEnumerable<KeyValuePair<string, StateTensor>> Buffers => _buffers.Select(static item => KeyValuePair.Create(item.Name, Read(item.Value)));

    private IEnumerable<(string Name, torch.Tensor Value)> All =>
        _parameters.Concat(_buffers).Concat(_momenta.Select((value, i) => (ToleranceState.MomentumPrefix + _parameters[i].Name, value)));

    /// <summary>Makes a module on a device.</summary>
    /// <exception cref="ToleranceException">It has parameters that are not fp32, or buffers that are neither that nor Int64.</exception>
    internal static TorchModule Create(Func<torch.nn.Module<torch.Tensor, torch.Tensor>> create, torch.Device device, bool hasMomentum)
    {
        torch.nn.Module<torch.Tensor, torch.Tensor> module = create();
        try
        {
            return new TorchModule(module, device, hasMomentum);
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>Gives the logits.</summary>
    internal torch.Tensor Forward(torch.Tensor inputs) => _module.forward(inputs);

    /// <summary>One step of SGD along a loss.</summary>
    internal void Update(torch.Tensor loss, float learningRate, float momentum)
    {
        _module.zero_grad();
        loss.backward();
        using IDisposable noGradients = torch.no_grad();
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].Value.grad is { } gradient)
            {
                torch.Tensor direction = momentum > 0 ? _momenta[i].mul_(momentum).add_(gradient) : gradient;
                _parameters[i].Value.sub_(direction.mul(learningRate));
            }
        }
    }

    /// <summary>Takes over a state that has these tensors.</summary>
    internal void Load(StateDict state)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable noGradients = torch.no_grad();
        foreach ((string name, torch.Tensor target) in All)
        {
            StateTensor source = state[name];
            torch.Tensor values = target.dtype == torch.ScalarType.Int64 ? torch.tensor(source.ToInt64()) : torch.tensor(source.ToFloat32());
            target.copy_(values.reshape(target.shape));
        }
    }

    /// <summary>A copy of the state.</summary>
    internal StateDict Capture()
    {
        using IDisposable noGradients = torch.no_grad();
        return ToleranceState.Ordered(All.Select(static item => KeyValuePair.Create(item.Name, Read(item.Value))));
    }

    public void Dispose()
    {
        _module.Dispose();
        foreach (torch.Tensor momentum in _momenta)
        {
            momentum.Dispose();
        }
    }

    private void CheckTypes()
    {
        if (_parameters.FirstOrDefault(static item => item.Value.dtype != torch.ScalarType.Float32) is { Name: { } parameter })
        {
            throw new ToleranceException($"'{parameter}' is not fp32.");
        }

        // A normalisation counts its batches, which decides its averages where it has no momentum.
        if (_buffers.FirstOrDefault(static item => item.Value.dtype is not (torch.ScalarType.Float32 or torch.ScalarType.Int64)) is { Name: { } buffer })
        {
            throw new ToleranceException($"'{buffer}' is neither fp32 nor Int64.");
        }
    }

    private static StateTensor Read(torch.Tensor value)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        torch.Tensor home = value.detach().cpu().contiguous();
        return value.dtype == torch.ScalarType.Int64
            ? StateTensor.FromInt64(MemoryMarshal.Cast<byte, long>(home.bytes), value.shape)
            : StateTensor.FromFloat32(MemoryMarshal.Cast<byte, float>(home.bytes), value.shape);
    }
}
