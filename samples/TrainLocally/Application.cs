using System.CommandLine;
using PoUW.Core;
using Spectre.Console;

namespace TrainLocally;

/// <summary>The sample as a function, so that tests can run it.</summary>
internal static class Application
{
    public const int Failed = 1;
    public const int BadArguments = 2;
    public const int Interrupted = 130;

    // A step of a large model and the checkpoint behind it must fit.
    private static readonly TimeSpan TimeToStop = TimeSpan.FromMinutes(2);

    /// <summary>Runs a command line and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        RootCommand root = CommandLine.Create((options, token) => RunAsync(options, output, errors, token), problem => Refuse(errors, problem));
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return Refuse(errors, parsed.Errors[0].Message);
        }

        InvocationConfiguration configuration = new()
        {
            EnableDefaultExceptionHandler = false,
            Output = output,
            Error = errors,
            ProcessTerminationTimeout = TimeToStop,
        };
        return await parsed.InvokeAsync(configuration, cancellation);
    }

    private static int Refuse(TextWriter errors, string problem)
    {
        errors.WriteLine($"{problem} (--help lists the options)");
        return BadArguments;
    }

    private static async Task<int> RunAsync(TrainOptions options, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        try
        {
            await new MainJob(options, output, CreateConsole(output)).RunAsync(cancellation);
            return 0;
        }
        catch (StoppedException stopped)
        {
            errors.WriteLine(stopped.Message);
            return Interrupted;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            errors.WriteLine("Stopped.");
            return Interrupted;
        }
        catch (Exception failure) when (failure is SampleException or PouwException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine(failure.Message.ReplaceLineEndings(" "));
            return Failed;
        }
    }

    // Colours and live displays are for terminals; a file or a pipe gets plain text.
    private static IAnsiConsole? CreateConsole(TextWriter output) =>
        ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected ? AnsiConsole.Console : null;
}
