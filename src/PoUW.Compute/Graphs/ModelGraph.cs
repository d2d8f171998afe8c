using PoUW.Compute.Modules;

namespace PoUW.Compute.Graphs;

/// <summary>The operations of one model for one batch size, in the order in which they are computed. Not thread-safe.</summary>
internal sealed class ModelGraph
{
    private readonly List<GraphOperation> _operations = [];
    private readonly Dictionary<Parameter, List<ParameterLayout>> _layouts = [];
    private readonly List<Parameter> _order = [];
    private readonly Dictionary<Module, string> _paths = [];
    private int _values;

    /// <summary>A graph of a model; its modules are known by their paths.</summary>
    public ModelGraph(Module model)
    {
        foreach ((string path, Module module) in model.NamedModules())
        {
            _paths.TryAdd(module, path);
        }
    }

    /// <summary>The operations in order.</summary>
    public IReadOnlyList<GraphOperation> Operations => _operations;

    /// <summary>The parameters that operations use, in the order of their first use.</summary>
    public IReadOnlyList<Parameter> UsedParameters => _order;

    /// <summary>Path of the module that is being applied.</summary>
    public string Scope { get; set; } = "";

    /// <summary>How a used parameter lies in memory. It is settled when the whole model was applied.</summary>
    public ParameterLayout LayoutOf(Parameter parameter) => _layouts[parameter][0];

    /// <summary>
    /// Says how an operation can take a parameter, the best layout first. A parameter that several operations use has one layout: the
    /// first that all of them can take.
    /// </summary>
    /// <exception cref="ModelException">There is none.</exception>
    public void Use(Parameter parameter, params IReadOnlyList<ParameterLayout> layouts)
    {
        long elements = parameter.Shape.Aggregate(1L, static (product, size) => product * size);
        if (elements != layouts[0].Length)
        {
            throw new ModelException($"A parameter of shape ({string.Join(", ", parameter.Shape)}) is used where {layouts[0].Length} elements are needed.", Scope);
        }

        if (!_layouts.TryGetValue(parameter, out List<ParameterLayout>? common))
        {
            _layouts.Add(parameter, [.. layouts]);
            _order.Add(parameter);
            return;
        }

        common.RemoveAll(layout => !layouts.Contains(layout));
        if (common.Count == 0)
        {
            throw new ModelException($"A shared parameter of shape ({string.Join(", ", parameter.Shape)}) is used in two ways that need different layouts.", Scope);
        }
    }

    /// <summary>The path of a module that a parent applies.</summary>
    /// <exception cref="ModelException">It was not registered, so its parameters would have no names.</exception>
    public string PathOf(Module module, string parent) => _paths.TryGetValue(module, out string? path)
        ? path
        : throw new ModelException($"A {module.GetType().Name} is applied that was not registered with Register(name, module).", parent);

    /// <summary>Appends an operation.</summary>
    public void Add(GraphOperation operation)
    {
        _operations.Add(operation);
        foreach (GraphValue input in operation.Inputs)
        {
            input.AddUser(operation);
        }
    }

    internal int NextValue() => _values++;
}
