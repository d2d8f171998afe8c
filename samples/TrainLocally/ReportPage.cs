using System.Globalization;
using System.Xml.Linq;
using PoUW.Compute.Compilation;
using Samples.Shared.HtmlReport;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace TrainLocally;

/// <summary>The page of a run: curves, and for a transformer its figures beside those of n-grams and what it writes.</summary>
internal static class ReportPage
{
    public static HtmlPage Build(TrainOptions options, TrainingTask task, RunResult result) => new()
    {
        Title = "Training on this machine",
        Created = TimeProvider.System.GetUtcNow(),
        Headlines = [.. Headlines(task, result)],
        HashName = "Hash of the state",
        Hash = result.StateHash,
        Facts = [.. Facts(options, task, result)],
        Sections = [CurveSection.Build(result.Points, "epoch"), .. result.Text is { } text ? TextSections(text) : []],
        Footer = "The same options give the same hash, with either runner and any number of threads. This page is one file and loads nothing.",
    };

    private static IEnumerable<Headline> Headlines(TrainingTask task, RunResult result)
    {
        string note = $"{Numbers.Whole(result.Test.Correct)} of {Numbers.Whole(result.Test.Answers)} {(result.Text is null ? "test images" : "held-out characters")}";
        yield return new Headline("Test accuracy", Numbers.Percent(result.Test.Accuracy), note);
        if (result.Text is { } text)
        {
            yield return new Headline("Bits per character", Bits(text.BitsPerCharacter), $"{Numbers.Whole(task.Test.Count)} held-out windows");
        }
    }

    private static IEnumerable<ReportField> Facts(TrainOptions options, TrainingTask task, RunResult result)
    {
        yield return new("model", task.Name);
        yield return new("lane", options.Lane == Lane.Integer ? "I, integers" : "R, reproducible fp32");
        yield return new("training", $"{Numbers.Whole(task.Steps)} steps of {task.Batch} of {Numbers.Whole(task.Train.Count)} samples");
        yield return new("seed", options.Seed.ToString(CultureInfo.InvariantCulture));
        yield return new("data", task.Train.Root.ToString());
        yield return new("speed", string.Create(CultureInfo.InvariantCulture, $"{result.SamplesPerSecond:#,0.0} samples/s on {options.Threads} threads"));
        yield return new("time", string.Create(CultureInfo.InvariantCulture, $"{result.Time.TotalSeconds:F1} s"));
    }

    private static IEnumerable<XElement> TextSections(TextResult text)
    {
        DataTable table = new("Bits per character on the same held-out windows", [Column.Text("Model"), Column.Number("Bits per character")]);
        table.Add("transformer", Bits(text.BitsPerCharacter));
        foreach ((int order, double bits) in text.Baselines)
        {
            table.Add($"{order}-grams", Bits(bits));
        }

        yield return PageSection.Build("ngrams", "Beside n-grams", table.Build());
        yield return PageSection.Build("sample", "What it writes", El("pre", text.Sample));
    }

    private static string Bits(double bits) => bits.ToString("F3", CultureInfo.InvariantCulture);
}
