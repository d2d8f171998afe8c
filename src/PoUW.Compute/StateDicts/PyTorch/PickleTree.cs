using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// Checks what a pickle made before anybody sees it: no value is its own descendant, nothing is too deep, and the tree is small even if
/// values with several parents are counted each time, so that no consumer can be made to walk it for ever.
/// </summary>
internal sealed class PickleTree(PyTorchLimits limits)
{
    private const int InProgress = -1;

    /// <summary>Checks the tree.</summary>
    public ValidationResult Check(PyTorchValue root, string field)
    {
        string? problem = Visit(root, limits.MaxDepth);
        return problem is null ? ValidationResult.Ok : ValidationResult.Fail(ValidationCode.TooLarge, field, problem);
    }

    private string? Visit(PyTorchValue value, int depth)
    {
        if (value is PickleGlobal or PickleStorage)
        {
            return "The tree holds a class, a function or a storage as a value.";
        }

        if (depth < value.Height || depth < 0)
        {
            return $"Containers are nested more than {limits.MaxDepth} deep.";
        }

        // Values without children are shared between files and threads, so nothing is noted on them.
        if (value.Weight > 0 || value is not (PyTorchDictionary or PyTorchList or PyTorchTuple { Count: > 0 }))
        {
            return null;
        }

        if (value.Weight == InProgress)
        {
            return "A container holds itself.";
        }

        value.Weight = InProgress;
        long weight = 1;
        string? problem = null;
        switch (value)
        {
            case PyTorchDictionary dictionary:
                foreach ((_, PyTorchValue child) in dictionary)
                {
                    problem ??= VisitChild(value, child, depth, ref weight);
                }

                break;
            case PyTorchList list:
                for (int i = 0; i < list.Count; i++)
                {
                    problem ??= VisitChild(value, list[i], depth, ref weight);
                }

                break;
            case PyTorchTuple tuple:
                for (int i = 0; i < tuple.Count; i++)
                {
                    problem ??= VisitChild(value, tuple[i], depth, ref weight);
                }

                break;
        }

        value.Weight = (int)Math.Min(weight, int.MaxValue);
        return problem;
    }

    private string? VisitChild(PyTorchValue parent, PyTorchValue child, int depth, ref long weight)
    {
        string? problem = Visit(child, depth - 1);
        if (problem is null)
        {
            parent.Height = Math.Max(parent.Height, child.Height + 1);
            weight += Math.Max(child.Weight, 1);
            problem = weight > limits.MaxValues ? $"The tree has more than {limits.MaxValues} values if shared ones are counted each time." : null;
        }

        return problem;
    }
}
