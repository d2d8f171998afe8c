using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>What the allowed names mean, done by this code: empty OrderedDicts, sizes, devices, and tensors as views of storages.</summary>
internal sealed class PickleCalls(PyTorchLimits limits, AllocationBudget budget, PickleStorages storages)
{
    private const int MaxKeyLength = 256;
    private const int ValueBytes = 48;

    private readonly List<(PyTorchTensor Tensor, PickleView View)> _waiting = [];

    /// <summary>The storage of a persistent id: ('storage', class, key, device, number of elements[, None]).</summary>
    public ValidationResult TryGetStorage(PyTorchValue id, out PickleStorage? storage)
    {
        storage = null;
        if (id is not PyTorchTuple tuple || tuple.Count != storages.IdLength || tuple[0] is not PyTorchText { Value: "storage" }
            || tuple[1] is not PickleGlobal { Kind: PickleGlobalKind.Storage or PickleGlobalKind.UntypedStorage } kind
            || tuple[2] is not PyTorchText { Value.Length: <= MaxKeyLength } key || tuple[3] is not PyTorchText
            || tuple[4] is not PyTorchNumber { Kind: PyTorchNumberKind.Integer } count || (tuple.Count > 5 && tuple[5] is not PyTorchNone))
        {
            return Bad("A persistent id is not that of a whole storage.");
        }

        return storages.TryGet(key.Value, kind.Kind == PickleGlobalKind.Storage ? kind.Type : null, count.ToInt64(), out storage);
    }

    /// <summary>Does what calling the function would do.</summary>
    public ValidationResult TryCall(PickleGlobal function, PyTorchTuple arguments, out PyTorchValue? value)
    {
        value = null;
        if (!budget.TryTake(ValueBytes))
        {
            return NoMemory();
        }

        switch (function.Kind)
        {
            case PickleGlobalKind.OrderedDict when arguments.Count == 0:
                value = new PyTorchDictionary(isOrdered: true);
                return ValidationResult.Ok;
            case PickleGlobalKind.Size when arguments.Count == 1 && arguments[0] is PyTorchTuple or PyTorchList:
                value = arguments[0];
                return ValidationResult.Ok;
            case PickleGlobalKind.Device when arguments.Count is 1 or 2 && arguments[0] is PyTorchText:
                value = arguments[0];
                return ValidationResult.Ok;
            case PickleGlobalKind.RebuildParameter when arguments.Count == 3 && arguments[0] is PyTorchTensor:
                value = arguments[0];
                return ValidationResult.Ok;
            case PickleGlobalKind.RebuildFromType when arguments.Count == 4 && arguments[2] is PyTorchTuple inner
                && arguments[0] is PickleGlobal { Kind: not PickleGlobalKind.RebuildFromType } rebuild
                && arguments[1] is PickleGlobal { Kind: PickleGlobalKind.TensorClass }:
                return TryCall(rebuild, inner, out value);
            case PickleGlobalKind.RebuildTensor when arguments.Count == 4:
            case PickleGlobalKind.RebuildTensor2 when arguments.Count is 6 or 7:
            case PickleGlobalKind.RebuildTensor3 when arguments.Count is 7 or 8:
                return TryRebuild(arguments, function.Kind == PickleGlobalKind.RebuildTensor3, out value);
            default:
                return Bad($"{function.Kind} is called with arguments that a state dict does not need.");
        }
    }

    /// <summary>Makes the tensors whose storages were not read when the pickle was.</summary>
    public ValidationResult TryResolve()
    {
        foreach ((PyTorchTensor tensor, PickleView view) in _waiting)
        {
            string? problem = view.Resolve(budget, out StateTensor? content);
            if (problem is not null)
            {
                return ValidationResult.Fail(ValidationCode.OutOfRange, "tensor", problem);
            }

            tensor.Resolve(content!);
        }

        return ValidationResult.Ok;
    }

    /// <summary>Arguments: storage, offset, sizes, strides; then, with a storage of bytes, the element type in the seventh place.</summary>
    private ValidationResult TryRebuild(PyTorchTuple arguments, bool untyped, out PyTorchValue? value)
    {
        value = null;
        StateTensorType? type = (arguments[0] as PickleStorage)?.Type;
        if (untyped)
        {
            type = type is null && arguments[6] is PyTorchText element ? PickleGlobal.FindType(element.Value) : null;
        }

        if (arguments[0] is not PickleStorage storage || type is null
            || arguments[1] is not PyTorchNumber { Kind: PyTorchNumberKind.Integer } offset)
        {
            return Bad("A tensor without a storage, an element type and an offset.");
        }

        if (arguments[2] is not PyTorchTuple sizes || arguments[3] is not PyTorchTuple strides || sizes.Count != strides.Count
            || sizes.Count > limits.MaxRank)
        {
            return Bad($"A tensor without sizes and as many strides, at most {limits.MaxRank}.");
        }

        if (!budget.TryTake(PickleView.OverheadBytes(sizes.Count)))
        {
            return NoMemory();
        }

        if (!TryNumbers(sizes, out long[] shape) || !TryNumbers(strides, out long[] steps))
        {
            return Bad("A size or stride is no int.");
        }

        PickleView view = new(storage, type.Value, offset.ToInt64(), shape, steps);
        PyTorchTensor tensor = new();
        value = tensor;
        if (storage.Data is null)
        {
            // The list grows by doubling: an entry costs at most four times its size.
            _waiting.Add((tensor, view));
            return budget.TryTake(4 * 48) ? ValidationResult.Ok : NoMemory();
        }

        string? problem = view.Resolve(budget, out StateTensor? content);
        if (problem is not null)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, "", problem);
        }

        tensor.Resolve(content!);
        return ValidationResult.Ok;
    }

    private static bool TryNumbers(PyTorchTuple tuple, out long[] numbers)
    {
        numbers = tuple.Count == 0 ? [] : new long[tuple.Count];
        for (int i = 0; i < tuple.Count; i++)
        {
            if (tuple[i] is not PyTorchNumber { Kind: PyTorchNumberKind.Integer } number)
            {
                return false;
            }

            numbers[i] = number.ToInt64();
        }

        return true;
    }

    private static ValidationResult Bad(string message) => ValidationResult.Fail(ValidationCode.Malformed, "", message);

    private static ValidationResult NoMemory() =>
        ValidationResult.Fail(ValidationCode.TooLarge, "", "The content needs more memory than a file of this size may use.");
}
