using System.Diagnostics;
using System.Text;
using System.Text.Json;
using PoUW.Compute.Checkpoints;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.StateDicts.Safetensors;
using Samples.Shared.HtmlReport;
using Spectre.Console;

namespace TrainLocally;

/// <summary>The main job: reads the data, trains, and reports. A terminal is given if there is one.</summary>
internal sealed class MainJob(TrainOptions options, TextWriter output, IAnsiConsole? terminal)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        PrepareFolder();
        long started = Stopwatch.GetTimestamp();
        TimeSpan processor = ProcessorTime();
        TextTask? text = options.Model == ModelKind.Transformer ? TextTask.Create(options) : null;
        TrainingTask task = text?.Training ?? await ImageTask.CreateAsync(options, cancellation);
        using LocalTraining training = new(options, task);
        string? note = training.Start();
        output.WriteLine($"{task.Name}: {task.Steps} steps of {task.Batch} of {task.Train.Count} samples");
        if (note is not null)
        {
            output.WriteLine(note);
        }

        StepMetrics test = terminal is null || options.Json
            ? training.Run(new LineView(output, task), cancellation)
            : BarView.Run(terminal, task, view => training.Run(view, cancellation));
        Export(training.Runner);
        TextResult? written = text is null ? null : TextResult.Measure(text, options, training, test.Loss, cancellation);
        RunResult result = new(
            test, training.Points, StateHash.Of(training.Runner), training.SamplesPerSecond, Stopwatch.GetElapsedTime(started),
            ProcessorTime() - processor, written);
        string reportPath = Path.Combine(options.Out.FullName, "report.html");
        HtmlPageWriter.Save(ReportPage.Build(options, task, result), reportPath);
        if (text is not null)
        {
            SaveVocabulary(text);
        }

        ResultPrinter.Print(output, options, task, result, reportPath);
    }

    private static TimeSpan ProcessorTime()
    {
        using Process self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private void Export(ModelRunner runner)
    {
        if (options.Export is not { } path)
        {
            return;
        }

        CheckpointStore.CreateFolder(path);
        StateDict weights = ModelWeights.Capture(runner);
        if (Path.GetExtension(path) == ".pt")
        {
            PyTorchFile.WriteFile(path, PyTorchStateDicts.ToTree(weights));
        }
        else
        {
            new SafetensorFile(weights, new Dictionary<string, string> { ["format"] = "pt" }).WriteFile(path);
        }
    }

    /// <summary>The code points in the order of their tokens, without which nobody can use the weights.</summary>
    private void SaveVocabulary(TextTask text) => File.WriteAllText(
        Path.Combine(options.Out.FullName, "vocabulary.json"), JsonSerializer.Serialize(text.Vocabulary.Symbols), new UTF8Encoding(false));

    private void PrepareFolder()
    {
        try
        {
            Directory.CreateDirectory(options.Out.FullName);
            string probe = Path.Combine(options.Out.FullName, ".write-probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--out: the folder '{options.Out.FullName}' cannot be written: {failure.Message}");
        }
    }
}
