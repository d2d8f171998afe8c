using System.Globalization;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Core.Validation;

namespace PoUW.Compute.Checkpoints;

/// <summary>
/// A model with its optimiser and its place in training as one file, from which training goes on with the same bits. The ending chooses
/// the format: ".safetensors" holds all tensors beside each other and the rest as metadata; ".pt" and ".pth" hold what PyTorch users save,
/// {"state_dict", "optimizer", "step", "metadata"}. A file is complete or absent.
/// </summary>
public static class CheckpointFile
{
    private const string StepKey = "pouw.step";
    private const string LaneKey = "pouw.lane";
    private const string FormatKey = "format";
    private const long MaxStep = 1L << 40;

    /// <summary>Writes the state of a runner.</summary>
    /// <exception cref="ArgumentException">The ending is not known, or the metadata uses a name of the file's own.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, ModelRunner runner, CheckpointInfo info)
    {
        if (info.Metadata.Keys.FirstOrDefault(static key => key == FormatKey || key.StartsWith("pouw.", StringComparison.Ordinal)) is { } reserved)
        {
            throw new ArgumentException($"The name '{reserved}' of the metadata is the file's own.", nameof(info));
        }

        Dictionary<string, string> texts = new(info.Metadata, StringComparer.Ordinal)
        {
            [LaneKey] = runner.Model.Spec.Lane.ToString(),
        };
        (StateDict model, StateDict optimiser) = (ModelWeights.Capture(runner), OptimiserWeights.Capture(runner));
        if (IsTorch(path))
        {
            PyTorchFile.WriteFile(path, new PyTorchDictionary(
            [
                new("state_dict", PyTorchStateDicts.ToTree(model)),
                new("optimizer", TorchOptimiserState.ToTree(runner.Model, optimiser, info.Step)),
                new("step", new PyTorchNumber(info.Step)),
                new("metadata", new PyTorchDictionary(texts.OrderBy(static t => t.Key, StringComparer.Ordinal)
                    .Select(static t => new KeyValuePair<PyTorchKey, PyTorchValue>(t.Key, new PyTorchText(t.Value))))),
            ]));
            return;
        }

        texts[StepKey] = info.Step.ToString(CultureInfo.InvariantCulture);
        texts[FormatKey] = "pt";
        new SafetensorFile(new StateDict(model.Concat(optimiser)), texts).WriteFile(path);
    }

    /// <summary>Replaces the state of a runner by that of a file. On failure nothing changes. The options of the optimiser are those of the runner's model.</summary>
    /// <exception cref="ArgumentException">The ending is not known.</exception>
    public static ValidationResult TryLoad(string path, ModelRunner runner, out CheckpointInfo? info)
    {
        info = null;
        ValidationResult result = IsTorch(path)
            ? TryReadTorch(path, runner, out StateDict? model, out StateDict? optimiser, out CheckpointInfo? found)
            : TryReadSafetensors(path, runner, out model, out optimiser, out found);
        if (!result.IsValid)
        {
            return result;
        }

        string lane = runner.Model.Spec.Lane.ToString();
        if (found!.Metadata.TryGetValue(LaneKey, out string? other) && other != lane)
        {
            return Bad("lane", $"The checkpoint was made in lane {other}, the model is compiled for {lane}.");
        }

        if (found.Step is < 0 or > MaxStep)
        {
            return Bad(StepKey, $"The number of steps is 0 to {MaxStep}, not {found.Step}.");
        }

        result = ModelWeights.TryPrepare(runner, model!, strict: true, out List<Action> writes);
        result = result.IsValid ? OptimiserWeights.Check(runner, optimiser!) : result;
        if (!result.IsValid)
        {
            return result;
        }

        writes.ForEach(static write => write());
        OptimiserWeights.Write(runner, optimiser!);

        Dictionary<string, string> texts = found.Metadata.Where(static t => !t.Key.StartsWith("pouw.", StringComparison.Ordinal) && t.Key != FormatKey)
            .ToDictionary(static t => t.Key, static t => t.Value, StringComparer.Ordinal);
        info = found with { Metadata = texts };
        return ValidationResult.Ok;
    }

    private static bool IsTorch(string path) => Path.GetExtension(path) switch
    {
        ".pt" or ".pth" => true,
        ".safetensors" => false,
        string other => throw new ArgumentException($"A checkpoint ends with .safetensors, .pt or .pth, not '{other}'.", nameof(path)),
    };

    private static ValidationResult TryReadSafetensors(
        string path, ModelRunner runner, out StateDict? model, out StateDict? optimiser, out CheckpointInfo? info)
    {
        (model, optimiser, info) = (null, null, null);
        ValidationResult result = SafetensorFile.TryReadFile(path, SafetensorLimits.Default, out SafetensorFile? file);
        if (!result.IsValid)
        {
            return result;
        }

        if (!file!.Metadata.TryGetValue(StepKey, out string? text)
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long step))
        {
            return Bad(StepKey, $"The metadata has no number '{StepKey}', so the file is no checkpoint; it may be a model.");
        }

        HashSet<string> slots = [.. runner.Model.OptimiserSlots.Select(static s => s.Slot)];
        model = new StateDict(file.Tensors.Where(t => !slots.Contains(t.Key)));
        optimiser = new StateDict(file.Tensors.Where(t => slots.Contains(t.Key)));
        info = new CheckpointInfo(step, file.Metadata);
        return ValidationResult.Ok;
    }

    private static ValidationResult TryReadTorch(
        string path, ModelRunner runner, out StateDict? model, out StateDict? optimiser, out CheckpointInfo? info)
    {
        (model, optimiser, info) = (null, null, null);
        ValidationResult result = PyTorchFile.TryReadFile(path, PyTorchLimits.Default, out PyTorchValue? value);
        if (!result.IsValid)
        {
            return result;
        }

        if (value is not PyTorchDictionary root || !root.TryGet("optimizer", out PyTorchValue? state))
        {
            return Bad("optimizer", "The file has no 'optimizer', so it is no checkpoint; it may be a model.");
        }

        result = PyTorchStateDicts.TryGet(root, out model);
        if (!result.IsValid)
        {
            return result;
        }

        long step = root.TryGet("step", out PyTorchValue? counted) && counted is PyTorchNumber { Kind: PyTorchNumberKind.Integer } number ? number.ToInt64() : 0;
        result = TorchOptimiserState.TryRead(runner.Model, state, ref step, out optimiser);
        info = new CheckpointInfo(step, Texts(root));
        return result;
    }

    private static Dictionary<string, string> Texts(PyTorchDictionary root)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        if (root.TryGet("metadata", out PyTorchValue? value) && value is PyTorchDictionary entries)
        {
            foreach ((PyTorchKey key, PyTorchValue entry) in entries)
            {
                if (key.Text is { } name && entry is PyTorchText text)
                {
                    texts.Add(name, text.Value);
                }
            }
        }

        return texts;
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);
}
