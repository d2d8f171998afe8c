using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;

namespace PoUW.Compute.Lowering;

/// <summary>The parameters and buffers that a model uses, in the order of its state dict, and their first names.</summary>
internal sealed class ModelNames
{
    private readonly Dictionary<Parameter, string> _parameters = [];
    private readonly Dictionary<StateBuffer, string> _buffers = [];

    /// <summary>Names of a model. A parameter that no operation uses is left out: it is no part of the program.</summary>
    public ModelNames(Module model, ModelGraph graph)
    {
        HashSet<Parameter> used = [.. graph.UsedParameters];
        foreach ((string path, Parameter parameter) in model.NamedParameters())
        {
            if (used.Contains(parameter) && _parameters.TryAdd(parameter, path))
            {
                Parameters.Add(parameter);
            }
        }

        foreach ((string path, StateBuffer buffer) in model.NamedBuffers())
        {
            if (_buffers.TryAdd(buffer, path))
            {
                Buffers.Add(buffer);
            }
        }

        if (Parameters.Count < used.Count)
        {
            throw new ModelException("An operation uses a parameter that was not registered with Register(name, parameter).");
        }
    }

    /// <summary>Parameters in order.</summary>
    public List<Parameter> Parameters { get; } = [];

    /// <summary>Buffers in order.</summary>
    public List<StateBuffer> Buffers { get; } = [];

    /// <summary>Path of a parameter.</summary>
    public string Of(Parameter parameter) => _parameters[parameter];

    /// <summary>Path of a buffer.</summary>
    public string Of(StateBuffer buffer) => _buffers[buffer];
}
