using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Between the tree of a PyTorch file and a state dict.</summary>
public static class PyTorchStateDicts
{
    /// <summary>The keys under which checkpoints usually keep the state dict of the model, in the order in which they are tried.</summary>
    public static IReadOnlyList<string> UsualKeys { get; } = ["state_dict", "model_state_dict", "model"];

    /// <summary>Finds the state dict: the root, if it holds tensors only, or else the dict under the first of the usual keys that exists.</summary>
    public static ValidationResult TryGet(PyTorchValue root, out StateDict? tensors)
    {
        ValidationResult result = TryConvert(root, "root", out tensors);
        if (result.IsValid || root is not PyTorchDictionary dictionary)
        {
            return result;
        }

        string? key = UsualKeys.FirstOrDefault(usual => dictionary.TryGet(usual, out _));
        return key is null ? result : TryConvert(dictionary[key], key, out tensors);
    }

    /// <summary>Finds the state dict under a key of the root.</summary>
    public static ValidationResult TryGet(PyTorchValue root, string key, out StateDict? tensors)
    {
        tensors = null;
        return root is PyTorchDictionary dictionary && dictionary.TryGet(key, out PyTorchValue? value)
            ? TryConvert(value, key, out tensors)
            : ValidationResult.Fail(ValidationCode.Malformed, key, "The root of the file is no dict with this key.");
    }

    /// <summary>The tree of a state dict: an OrderedDict of tensors, as a module's state_dict() is.</summary>
    public static PyTorchDictionary ToTree(StateDict tensors) =>
        new(tensors.Select(t => new KeyValuePair<PyTorchKey, PyTorchValue>(t.Key, new PyTorchTensor(t.Value))), isOrdered: true);

    private static ValidationResult TryConvert(PyTorchValue value, string field, out StateDict? tensors)
    {
        tensors = null;
        if (value is not PyTorchDictionary dictionary)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, field, "The value is no dict of tensors.");
        }

        OrderedDictionary<string, StateTensor> found = [];
        foreach ((PyTorchKey key, PyTorchValue item) in dictionary)
        {
            if (key.Text is null || item is not PyTorchTensor tensor)
            {
                return ValidationResult.Fail(ValidationCode.Malformed, field, $"The value of '{key}' is no tensor, or its name is no text.");
            }

            found.Add(key.Text, tensor.Tensor);
        }

        tensors = new StateDict(found);
        return ValidationResult.Ok;
    }
}
