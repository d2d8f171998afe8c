using System.Reflection;

namespace PoUW.Sdk.Tests.Architecture;

/// <summary>The packages and the arrows between them, as docs/layout.md draws them.</summary>
internal static class Packages
{
    public static IReadOnlyDictionary<string, string[]> Arrows { get; } = new SortedDictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["PoUW.Core"] = [],
        ["PoUW.Storage.Sqlite"] = ["PoUW.Core"],
        ["PoUW.Vm"] = ["PoUW.Core"],
        ["PoUW.Compute"] = ["PoUW.Core", "PoUW.Vm"],
        ["PoUW.Network"] = ["PoUW.Core"],
        ["PoUW.Economics"] = ["PoUW.Core", "PoUW.Vm"],
        ["PoUW.Training"] = ["PoUW.Core", "PoUW.Storage.Sqlite", "PoUW.Vm", "PoUW.Compute", "PoUW.Network", "PoUW.Economics"],
        ["PoUW.Sdk"] =
            ["PoUW.Core", "PoUW.Storage.Sqlite", "PoUW.Vm", "PoUW.Compute", "PoUW.Network", "PoUW.Economics", "PoUW.Training"],
        ["PoUW.Simulation"] =
        [
            "PoUW.Core", "PoUW.Storage.Sqlite", "PoUW.Vm", "PoUW.Compute", "PoUW.Network", "PoUW.Economics", "PoUW.Training", "PoUW.Sdk",
        ],
    };

    public static IEnumerable<string> Names => Arrows.Keys;

    /// <summary>
    /// The optional leaves: packages of PoUW.Sdk.Extras.sln, whose dependencies are not in every registry. Nothing refers to them; they are not built
    /// here, so what is tested of them is their files.
    /// </summary>
    public static IReadOnlyDictionary<string, string[]> Leaves { get; } = new SortedDictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["PoUW.Compute.TorchSharp"] = ["PoUW.Core", "PoUW.Vm", "PoUW.Compute"],
        ["PoUW.Interop.Nethereum"] = ["PoUW.Core"],
        ["PoUW.Storage.LiteDb"] = ["PoUW.Core"],
    };

    public static IEnumerable<string> LeafNames => Leaves.Keys;

    public static IEnumerable<string> AllNames => Names.Concat(LeafNames);

    public static Assembly Load(string name) => Assembly.Load(name);
}
