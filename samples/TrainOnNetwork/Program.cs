using System.CommandLine;
using PoUW.Core;
using Spectre.Console;
using TrainOnNetwork;

const int Failed = 1;
const int BadArguments = 2;
const int Interrupted = 130;

ParseResult parsed = CommandLine.Create(RunAsync).Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"{parsed.Errors[0].Message} (--help lists the options)");
    return BadArguments;
}

return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

static async Task<int> RunAsync(TrainOptions options, CancellationToken cancellation)
{
    try
    {
        await new MainJob(options, CreateConsole()).RunAsync(cancellation);
        return 0;
    }
    catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
    {
        Console.Error.WriteLine("Stopped.");
        return Interrupted;
    }
    catch (Exception failure) when (failure is SampleException or PouwException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(failure.Message.ReplaceLineEndings(" "));
        return Failed;
    }
}

// Colours and live displays are for terminals; a file or a pipe gets plain text.
static IAnsiConsole CreateConsole() => Console.IsOutputRedirected
    ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No })
    : AnsiConsole.Console;
