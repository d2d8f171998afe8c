using PoUW.Benchmarks;
using PoUW.Benchmarks.Sweeps;
using PoUW.Benchmarks.TileWork;

if (args is ["--sweep", ..])
{
    return SweepCommand.Run(args);
}

// Every suite of the repository; add new ones here.
IRatioSuite[] suites = [new TileWorkSuite()];

if (args.Length != 2 || args[0] != "--ratios" || suites.FirstOrDefault(s => s.Name == args[1]) is not { } suite)
{
    Console.Error.WriteLine($"usage: {SweepCommand.Usage}, or --ratios <suite>, where <suite> is one of: {string.Join(", ", suites.Select(s => s.Name))}");
    return 64;
}

bool missed = false;
bool peerAbsent = false;
foreach (RatioFigure figure in suite.Run())
{
    Console.WriteLine(figure.ToJson());
    missed |= !figure.Ok;
    peerAbsent |= figure.PeerAbsent;
}

return missed ? 1 : peerAbsent ? 2 : 0;
