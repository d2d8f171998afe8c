using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>
/// A part of a model, as torch.nn.Module: it holds parameters, buffers and child modules by name, and says how its output is computed.
/// Derive from it to write a model: register the parts in the constructor, compose them in <see cref="Forward"/>. The path of names
/// ("features.conv1.weight") is the key in state dicts. A module describes and holds no numbers, so one object may be compiled often.
/// Immutable after construction.
/// </summary>
public abstract class Module
{
    private readonly List<(string Name, Module Module)> _children = [];
    private readonly List<(string Name, Parameter Parameter)> _parameters = [];
    private readonly List<(string Name, StateBuffer Buffer)> _buffers = [];

    /// <summary>Child modules in the order of registration.</summary>
    public IReadOnlyList<(string Name, Module Module)> Children => _children;

    /// <summary>Computes the output for an input. Parents call it in their <see cref="Forward"/>.</summary>
    /// <exception cref="ModelException">A shape does not fit; the message says in which module.</exception>
    public GraphValue Apply(GraphValue input)
    {
        string outer = input.Graph.Scope;
        input.Graph.Scope = input.Graph.PathOf(this, outer);
        GraphValue output = Forward(input);
        input.Graph.Scope = outer;
        return output;
    }

    /// <summary>All parameters with their paths, in the order of PyTorch's state dict. A tied parameter has several paths.</summary>
    public IEnumerable<(string Path, Parameter Parameter)> NamedParameters() => Walk("", static module => module._parameters);

    /// <summary>All buffers with their paths.</summary>
    public IEnumerable<(string Path, StateBuffer Buffer)> NamedBuffers() => Walk("", static module => module._buffers);

    /// <summary>All modules with their paths; the model itself has the path "".</summary>
    public IEnumerable<(string Path, Module Module)> NamedModules() => NamedModules("");

    /// <summary>Names of the module's own parameters, then buffers.</summary>
    internal IEnumerable<string> OwnNames() => _parameters.Select(static p => p.Name).Concat(_buffers.Select(static b => b.Name));

    /// <summary>Composes the output from the input.</summary>
    protected abstract GraphValue Forward(GraphValue input);

    /// <summary>Registers a child and returns it.</summary>
    /// <exception cref="ModelException">The name is used or is not a name.</exception>
    protected T Register<T>(string name, T child)
        where T : Module
    {
        RequireFree(name);
        _children.Add((name, child));
        return child;
    }

    /// <summary>Registers a parameter and returns it.</summary>
    /// <exception cref="ModelException">The name is used or is not a name.</exception>
    protected Parameter Register(string name, Parameter parameter)
    {
        RequireFree(name);
        _parameters.Add((name, parameter));
        return parameter;
    }

    /// <summary>Registers a buffer and returns it.</summary>
    /// <exception cref="ModelException">The name is used or is not a name.</exception>
    protected StateBuffer Register(string name, StateBuffer buffer)
    {
        RequireFree(name);
        _buffers.Add((name, buffer));
        return buffer;
    }

    private static string Join(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";

    private IEnumerable<(string Path, T Item)> Walk<T>(string prefix, Func<Module, List<(string Name, T Item)>> items)
    {
        foreach ((string name, T item) in items(this))
        {
            yield return (Join(prefix, name), item);
        }

        foreach ((string name, Module child) in _children)
        {
            foreach ((string path, T item) in child.Walk(Join(prefix, name), items))
            {
                yield return (path, item);
            }
        }
    }

    private IEnumerable<(string Path, Module Module)> NamedModules(string prefix)
    {
        yield return (prefix, this);
        foreach ((string name, Module child) in _children)
        {
            foreach ((string path, Module module) in child.NamedModules(Join(prefix, name)))
            {
                yield return (path, module);
            }
        }
    }

    private void RequireFree(string name)
    {
        if (name.Length == 0 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new ModelException($"'{name}' is no name of a part: use letters, digits, '_' and '-'.");
        }

        bool used = _children.Exists(c => c.Name == name) || _parameters.Exists(p => p.Name == name) || _buffers.Exists(b => b.Name == name);
        if (used)
        {
            throw new ModelException($"The name '{name}' is used twice in one module.");
        }
    }
}
