using System.Diagnostics;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>Runs <see cref="ConformanceProgram"/> in a process of its own with features of the processor switched off.</summary>
internal static class ConformanceChild
{
    public static string[] Run(IReadOnlyList<string> arguments, IReadOnlyList<string> switchedOff, out int exitCode)
    {
        ProcessStartInfo start = new("dotnet", ["exec", typeof(ConformanceProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        foreach (string feature in switchedOff)
        {
            start.Environment[$"DOTNET_{feature}"] = "0";
        }

        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        exitCode = child.ExitCode;
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
