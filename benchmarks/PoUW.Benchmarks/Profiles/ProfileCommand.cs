using System.Diagnostics;
using System.Globalization;
using PoUW.Benchmarks.Compute;
using PoUW.Compute.Backends;

namespace PoUW.Benchmarks.Profiles;

/// <summary>The part of the command line that starts with --profile: where the time of a training step goes.</summary>
internal static class ProfileCommand
{
    /// <summary>What to write after the program's name.</summary>
    public const string Usage = "--profile mlp|lenet5|cnn [threads, 1 at first]";

    private const double Seconds = 3;

    /// <summary>Prints a table of the operations of a step.</summary>
    /// <returns>0, or 64 if the arguments make no sense.</returns>
    public static int Run(string[] args)
    {
        int threads = 1;
        TrainingCase? training = args.Length is 2 or 3
            && (args.Length == 2 || (int.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out threads) && threads >= 1))
            ? TrainingCase.All(threads).FirstOrDefault(c => c.Model == args[1])
            : null;
        if (training is null)
        {
            Console.Error.WriteLine($"usage: {Usage}");
            return 64;
        }

        using CpuBackend backend = new(threads);
        ProfilingBackend profile = new(backend, threads == 1 ? CpuStopwatch.ThreadCpuSeconds : WallSeconds);
        using OwnTraining own = OwnTraining.Eager(training, profile);
        TimedBlock.Warm(own.Run);
        profile.IsCounting = true;
        for (double start = WallSeconds(); WallSeconds() - start < Seconds;)
        {
            own.Run();
        }

        Write(Console.Out, training, profile, IdleSeconds(training));
        return 0;
    }

    private static double WallSeconds() => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    /// <summary>A step whose operations do nothing.</summary>
    private static double IdleSeconds(TrainingCase training)
    {
        using OwnTraining idle = OwnTraining.Eager(training, new IdleBackend());
        return PairedTiming.Measure(idle.Run, null).Own!.Best.CpuSeconds / TrainingCase.Steps;
    }

    private static void Write(TextWriter output, TrainingCase training, ProfilingBackend profile, double idle)
    {
        double step = profile.StepSeconds;
        double calls = profile.Calls.Sum(static c => c.Seconds);
        output.WriteLine("| us | share | Gflop/s | GB/s | operation: shapes of its operands |\n|---|---|---|---|---|");
        foreach (ProfiledCall call in profile.Calls)
        {
            string flops = call.Flops == 0 ? "" : Number(1e-9 * call.Flops / call.Seconds, "F0");
            Row(output, call.Seconds, step, flops, Number(1e-9 * call.Bytes / call.Seconds, "F1"), call.Name);
        }

        Row(output, step - calls, step, "", "", "between the operations, clocks included");
        Row(output, idle, step, "", "", "a step whose operations do nothing: the executor and its checks");
        Row(output, step, step, Number(1e-9 * profile.Calls.Sum(static c => c.Flops) / step, "F0"), "", $"step of {training.Batch} images");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{training.Batch / step:F0} images/s, {training.Threads} thread(s); medians, the step by {(training.Threads == 1 ? "CPU" : "wall")} time"));
    }

    private static void Row(TextWriter output, double seconds, double step, string flops, string bytes, string name) =>
        output.WriteLine($"| {Number(1e6 * seconds, "F1")} | {Number(100 * seconds / step, "F1")} % | {flops} | {bytes} | {name} |");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
