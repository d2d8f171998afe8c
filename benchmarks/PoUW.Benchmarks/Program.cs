using BenchmarkDotNet.Running;
using PoUW.Benchmarks;
using PoUW.Benchmarks.Compute;
using PoUW.Benchmarks.Ledger;
using PoUW.Benchmarks.Network;
using PoUW.Benchmarks.Profiles;
using PoUW.Benchmarks.Sweeps;
using PoUW.Benchmarks.Sweeps.Attacks;
using PoUW.Benchmarks.TileWork;
using PoUW.Benchmarks.Vm;
using PoUW.Core.Tests.Recovery;

if (args is ["--sweep", ..])
{
    return SweepCommand.Run(args);
}

// The process that the sweep "crashes" kills; not for people.
if (args is [CrashChild.Verb, var store, var script, var first])
{
    return CrashChild.Run(store, script, int.Parse(first, System.Globalization.CultureInfo.InvariantCulture));
}

// The processes of the network figures; not for people.
if (args is [ChildNode.Verb, var role])
{
    return await ChildNode.RunAsync(role);
}

// The processes of the sweep "attacks"; not for people.
if (args is [AttackTarget.Verb, var guards])
{
    return await AttackTarget.RunAsync(bans: guards == "bans");
}

if (args is [Flooder.Verb, var target])
{
    return await Flooder.RunAsync(target);
}

if (args is ["--profile", ..])
{
    return ProfileCommand.Run(args);
}

if (args is ["--gas"])
{
    GasTable.Write(Console.Out);
    return 0;
}

// Every suite of the repository; add new ones here.
IRatioSuite[] suites = [new TileWorkSuite(), new ComputeSuite(), new TrainingSuite(), new PeersSuite(), new VmSuite(), new LedgerSuite(), new NetworkSuite()];

if (args.Length >= 1 && args[0] == "--micro")
{
    // In this process: a generated project would be restored and built anew for every run.
    string[] options = ["--filter", args.ElementAtOrDefault(1) ?? "*", "--inProcess", "--artifacts", "artifacts/micro", .. args.Skip(2)];
    return BenchmarkSwitcher.FromAssembly(typeof(IRatioSuite).Assembly).Run(options).Any() ? 0 : 1;
}

if (args.Length != 2 || args[0] != "--ratios" || suites.FirstOrDefault(s => s.Name == args[1]) is not { } suite)
{
    Console.Error.WriteLine($"usage: --ratios <suite>, where <suite> is one of: {string.Join(", ", suites.Select(s => s.Name))}");
    Console.Error.WriteLine("       --micro [filter [options of BenchmarkDotNet]]");
    Console.Error.WriteLine($"       {SweepCommand.Usage}");
    Console.Error.WriteLine($"       {ProfileCommand.Usage}");
    Console.Error.WriteLine("       --gas");
    return 64;
}

bool missed = false;
bool peerAbsent = false;
foreach (RatioFigure figure in suite.Run())
{
    Console.WriteLine(figure.ToJson());
    missed |= figure.Ok == false;
    peerAbsent |= figure.PeerAbsent;
}

return missed ? 1 : peerAbsent ? 2 : 0;
