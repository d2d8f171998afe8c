using PoUW.Benchmarks.Sweeps.Attacks;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Attacks a node, in a process of its own, over TCP on loopback, where attackers and honest peers have one IP address and no rate holds: half-open
/// handshakes, garbage, peers that do not read or read slowly, and a flooder of invalid messages. Measures what honest peers notice, how long the
/// flooder lasts, and what memory grows; bounds that break are violations.
/// </summary>
internal static class AttackSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "attacks";

    /// <summary>The longest that an admission, a message or an answer of an honest peer may take.</summary>
    public const double WorstMilliseconds = 1_000;

    /// <summary>Runs and prints a JSON line for each attack.</summary>
    /// <param name="honest">Honest peers that are admitted one after the other under each attack.</param>
    /// <returns>True if every bound held.</returns>
    public static bool Run(int honest)
    {
        Func<Task<AttackFigures>>[] attacks =
        [
            () => HandshakeAttacks.HalfOpenAsync(honest),
            () => HandshakeAttacks.GarbageAsync(honest),
            () => SlowReaders.NeverReadingAsync(honest),
            () => SlowReaders.TricklingAsync(honest),
            () => FloodAttack.RunAsync(honest, bans: true),
            () => FloodAttack.RunAsync(honest, bans: false),
        ];
        bool ok = true;
        foreach (Func<Task<AttackFigures>> attack in attacks)
        {
            AttackFigures figures = attack().GetAwaiter().GetResult();
            figures.Print();
            ok &= figures.Ok;
        }

        return ok;
    }
}
