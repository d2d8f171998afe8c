using System.Text.Json;
using TrainLocally;

namespace PoUW.Samples.Tests;

/// <summary>One run of TrainLocally, in this process.</summary>
internal sealed record SampleRun(int Code, string Output, string Errors)
{
    /// <summary>The line of JSON that a run with --json ends with.</summary>
    public JsonElement Json => JsonDocument.Parse(Output.TrimEnd().Split('\n')[^1]).RootElement;

    public string StateHash => Json.GetProperty("stateHash").GetString()!;

    public static SampleRun Of(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter errors = new();
        int code = Application.RunAsync(arguments, output, errors, CancellationToken.None).GetAwaiter().GetResult();
        return new SampleRun(code, output.ToString(), errors.ToString());
    }

    /// <summary>A run that must end well.</summary>
    public static SampleRun Good(params string[] arguments)
    {
        SampleRun run = Of([.. arguments, "--json"]);
        Assert.That(run.Code, Is.Zero, run.Errors);
        return run;
    }
}
