using System.CommandLine;
using PoUW.Core;

namespace NodeHost;

/// <summary>The host as a function, so that tests can run it.</summary>
internal static class Application
{
    public const int Failed = 1;
    public const int BadArguments = 2;
    public const int Interrupted = 130;

    /// <summary>Runs a command line and returns the exit code: 0 also when the process is asked to end, 130 when it is interrupted.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextReader input, TextWriter output, TextWriter errors, StopSignals stop)
    {
        TextWriter lines = TextWriter.Synchronized(output);
        RootCommand root = CommandLine.Create(
            (options, cancellation) =>
            {
                if (options.UntilInputEnds)
                {
                    _ = StopAtEndAsync(input, stop);
                }

                return GuardAsync(token => new HostRun(options, lines, errors).RunAsync(token), errors, stop, cancellation);
            },
            (options, cancellation) => GuardAsync(token => NetworkFile.WriteAsync(options, lines, token), errors, stop, cancellation));
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            errors.WriteLine($"{parsed.Errors[0].Message} (--help lists the options)");
            return BadArguments;
        }

        // The signals are heard here, since a process that is asked to end has done nothing wrong.
        InvocationConfiguration configuration = new()
        {
            EnableDefaultExceptionHandler = false,
            Output = output,
            Error = errors,
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(configuration, stop.Token);
    }

    private static async Task StopAtEndAsync(TextReader input, StopSignals stop)
    {
        // The console's reader reads in the calling thread.
        await Task.Yield();
        while (await input.ReadLineAsync() is not null)
        {
            continue;
        }

        stop.Stop(interrupts: false);
    }

    private static async Task<int> GuardAsync(
        Func<CancellationToken, Task> run, TextWriter errors, StopSignals stop, CancellationToken cancellation)
    {
        try
        {
            await run(cancellation);
            return stop.IsInterrupted ? Interrupted : 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return stop.IsInterrupted ? Interrupted : 0;
        }
        catch (Exception failure) when (failure is SampleException or PouwException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine(failure.Message.ReplaceLineEndings(" "));
            return Failed;
        }
    }
}
