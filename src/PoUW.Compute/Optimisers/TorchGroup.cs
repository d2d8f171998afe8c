using PoUW.Compute.Modules;
using PoUW.Compute.StateDicts.PyTorch;

namespace PoUW.Compute.Optimisers;

/// <summary>A group of PyTorch's Optimizer.state_dict().</summary>
/// <param name="Options">What it holds but for "params": what torch needs to go on.</param>
/// <param name="Has">Whether a parameter is in it. Every parameter is in one group.</param>
internal sealed record TorchGroup(IReadOnlyList<KeyValuePair<PyTorchKey, PyTorchValue>> Options, Func<Parameter, bool> Has);
