namespace PoUW.Compute.Plans;

/// <summary>A 64-bit number of a plan: a local of the machine, an array element of the eager runner.</summary>
internal readonly record struct Register(int Index)
{
    /// <summary>First argument of a section: the seed of init, the first step of train, the first row of evaluate and predict.</summary>
    public static Register First => new(0);

    /// <summary>Second argument: how many steps or rows.</summary>
    public static Register Count => new(1);

    /// <summary>Position of the loop, from <see cref="First"/>.</summary>
    public static Register Position => new(2);

    /// <summary>First + count.</summary>
    public static Register End => new(3);

    /// <summary>Registers that every section has.</summary>
    public const int Reserved = 4;
}
