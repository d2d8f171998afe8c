using System.Globalization;
using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>Modules one after the other, as torch.nn.Sequential: named "0", "1", ... or as given.</summary>
public sealed class Sequential : Module
{
    /// <summary>Modules named by their number.</summary>
    public Sequential(params IReadOnlyList<Module> modules)
        : this([.. modules.Select(static (module, i) => (i.ToString(CultureInfo.InvariantCulture), module))])
    {
    }

    /// <summary>Modules with names.</summary>
    public Sequential(params IReadOnlyList<(string Name, Module Module)> modules)
    {
        foreach ((string name, Module module) in modules)
        {
            Register(name, module);
        }
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        foreach ((_, Module module) in Children)
        {
            input = module.Apply(input);
        }

        return input;
    }
}
