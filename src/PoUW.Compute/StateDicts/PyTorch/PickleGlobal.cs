using System.Collections.Frozen;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// A name of Python that a file may refer to. There is no way from here to anything that runs: a name is one of this list or the file is
/// refused.
/// </summary>
internal sealed class PickleGlobal : PyTorchValue
{
    private static readonly (string Storage, string Element, StateTensorType Type)[] Types =
    [
        ("BoolStorage", "bool", StateTensorType.Bool), ("ByteStorage", "uint8", StateTensorType.UInt8),
        ("CharStorage", "int8", StateTensorType.Int8), ("ShortStorage", "int16", StateTensorType.Int16),
        ("HalfStorage", "float16", StateTensorType.Float16), ("BFloat16Storage", "bfloat16", StateTensorType.BFloat16),
        ("IntStorage", "int32", StateTensorType.Int32), ("FloatStorage", "float32", StateTensorType.Float32),
        ("DoubleStorage", "float64", StateTensorType.Float64), ("LongStorage", "int64", StateTensorType.Int64),
        ("", "uint16", StateTensorType.UInt16), ("", "uint32", StateTensorType.UInt32), ("", "uint64", StateTensorType.UInt64),
    ];

    private static readonly FrozenDictionary<string, PyTorchValue> All = CreateAll();

    private PickleGlobal(PickleGlobalKind kind, StateTensorType type = default) => (Kind, Type) = (kind, type);

    public PickleGlobalKind Kind { get; }

    /// <summary>Element type of a storage.</summary>
    public StateTensorType Type { get; }

    /// <summary>The value of "module name": one of these, or the text of an element type. Null if the name is not allowed.</summary>
    public static PyTorchValue? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>The element type of a text such as "torch.int8".</summary>
    public static StateTensorType? FindType(string text)
    {
        foreach ((_, string element, StateTensorType type) in Types)
        {
            if (text.StartsWith("torch.", StringComparison.Ordinal) && text.AsSpan(6).SequenceEqual(element))
            {
                return type;
            }
        }

        return null;
    }

    /// <summary>The class of storages of a type in module torch; empty if there is none.</summary>
    public static string StorageName(StateTensorType type) => Array.Find(Types, t => t.Type == type).Storage;

    /// <summary>The name of a type in module torch.</summary>
    public static string ElementName(StateTensorType type) => Array.Find(Types, t => t.Type == type).Element;

    private static FrozenDictionary<string, PyTorchValue> CreateAll()
    {
        Dictionary<string, PyTorchValue> all = new(StringComparer.Ordinal)
        {
            ["collections OrderedDict"] = new PickleGlobal(PickleGlobalKind.OrderedDict),
            ["torch._utils _rebuild_tensor"] = new PickleGlobal(PickleGlobalKind.RebuildTensor),
            ["torch._utils _rebuild_tensor_v2"] = new PickleGlobal(PickleGlobalKind.RebuildTensor2),
            ["torch._utils _rebuild_tensor_v3"] = new PickleGlobal(PickleGlobalKind.RebuildTensor3),
            ["torch._utils _rebuild_parameter"] = new PickleGlobal(PickleGlobalKind.RebuildParameter),
            ["torch._tensor _rebuild_from_type_v2"] = new PickleGlobal(PickleGlobalKind.RebuildFromType),
            ["torch Size"] = new PickleGlobal(PickleGlobalKind.Size),
            ["torch device"] = new PickleGlobal(PickleGlobalKind.Device),
            ["torch Tensor"] = new PickleGlobal(PickleGlobalKind.TensorClass),
            ["torch.nn.parameter Parameter"] = new PickleGlobal(PickleGlobalKind.TensorClass),
            ["torch.storage UntypedStorage"] = new PickleGlobal(PickleGlobalKind.UntypedStorage),
        };
        foreach ((string storage, string element, StateTensorType type) in Types)
        {
            all[$"torch {element}"] = new PyTorchText($"torch.{element}");
            if (storage.Length > 0)
            {
                all[$"torch {storage}"] = new PickleGlobal(PickleGlobalKind.Storage, type);
            }
        }

        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
