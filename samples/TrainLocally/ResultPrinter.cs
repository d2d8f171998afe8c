using System.Globalization;
using System.Text;
using System.Text.Json;
using Samples.Shared.HtmlReport;

namespace TrainLocally;

/// <summary>Prints the end of a run: a few lines, or one line of JSON.</summary>
internal static class ResultPrinter
{
    public static void Print(TextWriter output, TrainOptions options, TrainingTask task, RunResult result, string reportPath)
    {
        if (options.Json)
        {
            output.WriteLine(ToJson(options, task, result));
            return;
        }

        if (result.Text is { } text)
        {
            output.WriteLine($"held out: {Describe(text)}");
            output.WriteLine($"sample:\n{text.Sample}\n");
        }

        foreach ((string name, string? path) in ((string, string?)[])[("checkpoint", options.Checkpoint), ("weights", options.Export), ("report", reportPath)])
        {
            if (path is not null)
            {
                output.WriteLine($"{name}: {path}");
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"test accuracy {Numbers.Percent(result.Test.Accuracy)}, {result.SamplesPerSecond:#,0.0} samples/s, {result.Time.TotalSeconds:F1} s, state {result.StateHash}"));
    }

    /// <summary>Bits a character of the model and of the n-grams.</summary>
    public static string Describe(TextResult text) => string.Create(
        CultureInfo.InvariantCulture,
        $"{text.BitsPerCharacter:F3} bits per character; {string.Join(", ", text.Baselines.Select(b => string.Create(CultureInfo.InvariantCulture, $"{b.Order}-grams {b.Bits:F3}")))}");

    private static string ToJson(TrainOptions options, TrainingTask task, RunResult result)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", options.Model.ToString().ToLowerInvariant());
            json.WriteString("lane", options.Lane.ToString());
            json.WriteString("dataRoot", task.Train.Root.ToString());
            json.WriteNumber("steps", task.Steps);
            json.WriteNumber("testAccuracy", result.Test.Accuracy);
            json.WriteNumber("testLoss", result.Test.Loss);
            json.WriteString("stateHash", result.StateHash);
            json.WriteNumber("samplesPerSecond", Math.Round(result.SamplesPerSecond, 1));
            json.WriteNumber("seconds", Math.Round(result.Time.TotalSeconds, 1));
            json.WriteNumber("processorSeconds", Math.Round(result.ProcessorTime.TotalSeconds, 1));
            if (result.Text is { } text)
            {
                Write(json, text);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, TextResult text)
    {
        json.WriteNumber("bitsPerCharacter", Math.Round(text.BitsPerCharacter, 4));
        json.WriteStartObject("ngramBits");
        foreach ((int order, double bits) in text.Baselines)
        {
            json.WriteNumber(order.ToString(CultureInfo.InvariantCulture), Math.Round(bits, 4));
        }

        json.WriteEndObject();
        json.WriteString("sample", text.Sample);
    }
}
