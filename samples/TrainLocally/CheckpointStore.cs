using System.Globalization;
using PoUW.Compute.Checkpoints;
using PoUW.Compute.Runners;
using PoUW.Core.Validation;

namespace TrainLocally;

/// <summary>Reads and writes the checkpoints of a run, with everything in them that decides its bits.</summary>
internal sealed class CheckpointStore
{
    private const string HistoryKey = "history";
    private const string StepsKey = "steps";

    private readonly TrainOptions _options;
    private readonly TrainingTask _task;
    private readonly SortedDictionary<string, string> _identity;

    public CheckpointStore(TrainOptions options, TrainingTask task)
    {
        (_options, _task) = (options, task);
        _identity = new(StringComparer.Ordinal)
        {
            ["model"] = options.Model.ToString().ToLowerInvariant(),
            ["seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            ["batch"] = task.Batch.ToString(CultureInfo.InvariantCulture),
            ["lr"] = task.Rate.ToString(CultureInfo.InvariantCulture),
            ["data"] = task.Train.Root.ToString(),
        };
    }

    /// <summary>Writes the checkpoint, if one is wanted.</summary>
    public void Save(ModelRunner runner, long step, RunHistory history)
    {
        if (_options.Checkpoint is { } path)
        {
            Dictionary<string, string> texts = new(_identity, StringComparer.Ordinal)
            {
                [StepsKey] = _task.Steps.ToString(CultureInfo.InvariantCulture),
                [HistoryKey] = history.ToJson(),
            };
            CreateFolder(path);
            CheckpointFile.Save(path, runner, new CheckpointInfo(step, texts));
        }
    }

    /// <summary>Restores the checkpoint of --resume.</summary>
    /// <returns>The next step, the curve so far, and what the user should know or null.</returns>
    public (long Step, RunHistory History, string? Note) Load(ModelRunner runner, string path)
    {
        ValidationResult result = CheckpointFile.TryLoad(path, runner, out CheckpointInfo? info);
        if (!result.IsValid)
        {
            throw new SampleException($"--resume: '{path}' does not fit: {result.Message}");
        }

        foreach ((string key, string value) in _identity)
        {
            if (!info!.Metadata.TryGetValue(key, out string? found))
            {
                throw new SampleException($"--resume: '{path}' does not say with which --{key} it was made; it is no checkpoint of this sample.");
            }

            if (found != value)
            {
                throw new SampleException($"--resume: '{path}' was made with --{key} {found}, and now it is {value}; allowed is the same.");
            }
        }

        if (info!.Step > _task.Steps)
        {
            throw new SampleException($"--resume: '{path}' has done {info.Step} steps; allowed are at most those of this run, {_task.Steps}.");
        }

        RunHistory history = RunHistory.FromJson(info.Metadata.GetValueOrDefault(HistoryKey, "")) ?? RunHistory.Empty;
        return (info.Step, history, NoteOn(info.Metadata.GetValueOrDefault(StepsKey, "?")));
    }

    /// <summary>Makes the folder of a file that will be written.</summary>
    public static void CreateFolder(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }
    }

    private string? NoteOn(string steps) => steps == _task.Steps.ToString(CultureInfo.InvariantCulture)
        ? null
        : $"The checkpoint comes from a run of {steps} steps, this one has {_task.Steps}: the schedule changes, so the bits are those of neither run alone.";
}
