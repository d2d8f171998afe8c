using PoUW.Vm.Execution;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>A vector without its result, and what is known of the result by hand.</summary>
internal sealed record VectorSource(string Name, string Assembly)
{
    public IReadOnlyList<VectorTensor> Tensors { get; init; } = [];

    public IReadOnlyList<long> Arguments { get; init; } = [];

    public string Entry { get; init; } = "main";

    public long GasLimit { get; init; } = 1_000_000;

    public VectorLimits? Limits { get; init; }

    /// <summary>Outputs that were worked out by hand or taken from a published source, or null.</summary>
    public IReadOnlyList<long>? KnownOutputs { get; init; }

    /// <summary>The trap that the specification names, or null if nothing is claimed.</summary>
    public VmTrap? KnownTrap { get; init; }

    /// <summary>Slots whose bytes are known.</summary>
    public IReadOnlyList<VectorContent> KnownSlots { get; init; } = [];

    /// <summary>
    /// A vector of a line "instructions separated by slashes -> outputs or trap": the entry point is the first instruction, after a label
    /// 'start'. Declarations stand in front.
    /// </summary>
    public static VectorSource Of(string name, string line, string declarations = "", params VectorTensor[] tensors)
    {
        string[] halves = line.Split("->", StringSplitOptions.TrimEntries);
        string code = string.Join('\n', halves[0].Split('/', StringSplitOptions.TrimEntries));
        VectorSource source = new(name, $"{declarations}{(declarations.Length > 0 ? "\n" : "")}.entry main 0 start\n.code\nstart:\n{code}\nhalt\n")
        {
            Tensors = tensors,
        };
        return halves.Length == 1 ? source : source.Expecting(halves[1]);
    }

    /// <summary>Adds what is known: the name of a trap, or outputs.</summary>
    public VectorSource Expecting(string known) => Enum.TryParse(known, out VmTrap trap) && !long.TryParse(known, out _)
        ? this with { KnownTrap = trap }
        : this with { KnownTrap = VmTrap.None, KnownOutputs = [.. known.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)] };

    /// <summary>A decimal number, MIN or MAX.</summary>
    public static long Number(string word) => word switch
    {
        "MIN" => long.MinValue,
        "MAX" => long.MaxValue,
        _ => long.Parse(word, System.Globalization.CultureInfo.InvariantCulture),
    };
}
