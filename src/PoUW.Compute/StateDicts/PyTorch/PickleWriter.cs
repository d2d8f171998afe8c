using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// Writes a tree as a pickle of protocol 2, instruction for instruction as torch.save does: values that Python remembers are remembered,
/// so a value with several parents is written once.
/// </summary>
internal sealed class PickleWriter
{
    private const int MaxDepth = 256;
    private const int Batch = 1000;

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Dictionary<object, int> _memo = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, PyTorchText> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, object> _globals = new(StringComparer.Ordinal);
    private readonly Dictionary<(StateTensorType, ReadOnlyMemory<byte>), PyTorchText> _keys = [];
    private readonly List<ReadOnlyMemory<byte>> _storages = [];

    /// <summary>The pickle.</summary>
    public ReadOnlyMemory<byte> Bytes => _output.WrittenMemory;

    /// <summary>The storages that it refers to; the key of one is its index.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Storages => _storages;

    /// <summary>Writes the pickle.</summary>
    public void Write(PyTorchValue root)
    {
        Write(PickleOpcode.Proto, 2);
        WriteValue(root, 0);
        Write(PickleOpcode.Stop);
    }

    private void WriteValue(PyTorchValue value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new StateDictException($"The tree is more than {MaxDepth} deep.");
        }

        if (TryRecall(value))
        {
            return;
        }

        switch (value)
        {
            case PyTorchNone:
                Write(PickleOpcode.None);
                break;
            case PyTorchNumber number:
                WriteNumber(number);
                break;
            case PyTorchText text:
                WriteText(text);
                break;
            case PyTorchTuple tuple:
                WriteTuple(tuple, depth);
                break;
            case PyTorchList list:
                Write(PickleOpcode.EmptyList);
                Remember(list);
                WriteItems([.. list.Select(static item => new[] { item })], depth, PickleOpcode.Append, PickleOpcode.Appends);
                break;
            case PyTorchDictionary dictionary:
                WriteDictionary(dictionary, depth);
                break;
            case PyTorchTensor tensor:
                WriteTensor(tensor);
                break;
            default:
                throw new InvalidOperationException($"A tree holds no {value.GetType().Name}.");
        }
    }

    private void WriteNumber(PyTorchNumber number)
    {
        switch (number.Kind)
        {
            case PyTorchNumberKind.Boolean:
                Write(number.ToBoolean() ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
                break;
            case PyTorchNumberKind.Float:
                Write(PickleOpcode.BinFloat);
                BinaryPrimitives.WriteDoubleBigEndian(Take(sizeof(double)), number.ToFloat64());
                break;
            default:
                WriteInteger(number.ToInt64());
                break;
        }
    }

    private void WriteInteger(long value)
    {
        switch (value)
        {
            case >= 0 and <= byte.MaxValue:
                Write(PickleOpcode.BinInt1, (byte)value);
                break;
            case >= 0 and <= ushort.MaxValue:
                Write(PickleOpcode.BinInt2);
                BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), (ushort)value);
                break;
            case >= int.MinValue and <= int.MaxValue:
                Write(PickleOpcode.BinInt);
                BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), (int)value);
                break;
            default:
                int bytes = new System.Numerics.BigInteger(value).GetByteCount();
                Write(PickleOpcode.Long1, (byte)bytes);
                Span<byte> all = stackalloc byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(all, value);
                all[..bytes].CopyTo(Take(bytes));
                break;
        }
    }

    private void WriteText(PyTorchText text)
    {
        int length = Encoding.UTF8.GetByteCount(text.Value);
        Write(PickleOpcode.BinUnicode);
        BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), length);
        Encoding.UTF8.GetBytes(text.Value, Take(length));
        Remember(text);
    }

    private void WriteTuple(PyTorchTuple tuple, int depth)
    {
        if (tuple.Count == 0)
        {
            Write(PickleOpcode.EmptyTuple);
            return;
        }

        if (tuple.Count > 3)
        {
            Write(PickleOpcode.Mark);
        }

        foreach (PyTorchValue item in tuple)
        {
            WriteValue(item, depth + 1);
        }

        Write(tuple.Count switch
        {
            1 => PickleOpcode.Tuple1,
            2 => PickleOpcode.Tuple2,
            3 => PickleOpcode.Tuple3,
            _ => PickleOpcode.Tuple,
        });
        Remember(tuple);
    }

    private void WriteDictionary(PyTorchDictionary dictionary, int depth)
    {
        if (dictionary.IsOrdered)
        {
            WriteGlobal("collections", "OrderedDict");
            Write(PickleOpcode.EmptyTuple);
            Write(PickleOpcode.Reduce);
        }
        else
        {
            Write(PickleOpcode.EmptyDict);
        }

        Remember(dictionary);
        IEnumerable<PyTorchValue[]> pairs = dictionary.Select(
            pair => new[] { pair.Key.Text is { } text ? Word(text) : new PyTorchNumber(pair.Key.Integer), pair.Value });
        WriteItems([.. pairs], depth, PickleOpcode.SetItem, PickleOpcode.SetItems);
    }

    /// <summary>Items of one or two values: one alone, more in batches behind a mark.</summary>
    private void WriteItems(PyTorchValue[][] items, int depth, PickleOpcode one, PickleOpcode many)
    {
        for (int from = 0; from < items.Length; from += Batch)
        {
            PyTorchValue[][] batch = items[from..Math.Min(from + Batch, items.Length)];
            if (batch.Length > 1)
            {
                Write(PickleOpcode.Mark);
            }

            foreach (PyTorchValue value in batch.SelectMany(static item => item))
            {
                WriteValue(value, depth + 1);
            }

            Write(batch.Length > 1 ? many : one);
        }
    }

    /// <summary>_rebuild_tensor_v2(storage, 0, sizes, strides, False, OrderedDict()), or v3 for types that have no class of storages.</summary>
    private void WriteTensor(PyTorchTensor node)
    {
        StateTensor tensor = node.Tensor;
        string storage = PickleGlobal.StorageName(tensor.Type);
        bool untyped = storage.Length == 0;
        WriteGlobal("torch._utils", untyped ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
        Write(PickleOpcode.Mark);
        WriteStorage(tensor, untyped ? "UntypedStorage" : storage, untyped);
        WriteInteger(0);
        long[] strides = new long[tensor.Shape.Count];
        long stride = 1;
        for (int i = strides.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(tensor.Shape[i], 1);
        }

        WriteTuple(Numbers(tensor.Shape), 0);
        WriteTuple(Numbers(strides), 0);
        Write(PickleOpcode.NewFalse);
        WriteGlobal("collections", "OrderedDict");
        Write(PickleOpcode.EmptyTuple);
        Write(PickleOpcode.Reduce);
        Remember(new object());
        if (untyped)
        {
            WriteGlobal("torch", PickleGlobal.ElementName(tensor.Type));
        }

        Write(PickleOpcode.Tuple);
        Remember(new object());
        Write(PickleOpcode.Reduce);
        Remember(node);
    }

    /// <summary>The persistent id of the storage: ('storage', class, key, 'cpu', elements).</summary>
    private void WriteStorage(StateTensor tensor, string name, bool untyped)
    {
        if (!_keys.TryGetValue((tensor.Type, tensor.Data), out PyTorchText? key))
        {
            key = new PyTorchText(_storages.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            _keys.Add((tensor.Type, tensor.Data), key);
            _storages.Add(tensor.Data);
        }

        Write(PickleOpcode.Mark);
        WriteValue(Word("storage"), 0);
        WriteGlobal(untyped ? "torch.storage" : "torch", name);
        WriteValue(key, 0);
        WriteValue(Word("cpu"), 0);
        WriteInteger(untyped ? tensor.Data.Length : tensor.Length);
        Write(PickleOpcode.Tuple);
        Remember(new object());
        Write(PickleOpcode.BinPersId);
    }

    private void WriteGlobal(string module, string name)
    {
        string text = $"{module}\n{name}\n";
        if (_globals.TryGetValue(text, out object? known))
        {
            TryRecall(known);
            return;
        }

        Write(PickleOpcode.Global);
        Encoding.ASCII.GetBytes(text, Take(text.Length));
        _globals.Add(text, known = new object());
        Remember(known);
    }

    private static PyTorchTuple Numbers(IReadOnlyList<long> numbers) => new(numbers.Select(static number => (PyTorchValue)new PyTorchNumber(number)));

    /// <summary>One object a text that this writer, not the tree, repeats, as Python interns names.</summary>
    private PyTorchText Word(string text)
    {
        if (!_words.TryGetValue(text, out PyTorchText? word))
        {
            _words.Add(text, word = new PyTorchText(text));
        }

        return word;
    }

    private bool TryRecall(object value)
    {
        if (!_memo.TryGetValue(value, out int index))
        {
            return false;
        }

        WriteIndex(PickleOpcode.BinGet, PickleOpcode.LongBinGet, index);
        return true;
    }

    private void Remember(object value)
    {
        WriteIndex(PickleOpcode.BinPut, PickleOpcode.LongBinPut, _memo.Count);
        _memo.Add(value, _memo.Count);
    }

    private void WriteIndex(PickleOpcode small, PickleOpcode large, int index)
    {
        if (index <= byte.MaxValue)
        {
            Write(small, (byte)index);
        }
        else
        {
            Write(large);
            BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), index);
        }
    }

    private void Write(PickleOpcode opcode) => Take(1)[0] = (byte)opcode;

    private void Write(PickleOpcode opcode, byte argument)
    {
        Span<byte> bytes = Take(2);
        (bytes[0], bytes[1]) = ((byte)opcode, argument);
    }

    private Span<byte> Take(int count)
    {
        Span<byte> bytes = _output.GetSpan(count)[..count];
        _output.Advance(count);
        return bytes;
    }
}
