using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// Reads a pickle (https://peps.python.org/pep-3154 and Python's pickletools describe the instructions) into inert values. Nothing is
/// looked up, imported or called: names come from <see cref="PickleGlobal"/>, and what they stand for is done by <see cref="PickleCalls"/>.
/// Every allocation is taken from the budget first.
/// </summary>
internal sealed class PickleMachine
{
    private const int ValueBytes = 40;
    private const int ContainerBytes = 88;
    private const int MaxNameBytes = 256;
    private const int MemoBlock = 256;
    private const int FirstStack = 64;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly PyTorchNumber[] SmallNumbers = [.. Enumerable.Range(0, 256).Select(static i => new PyTorchNumber((long)i))];
    private static readonly PyTorchTuple EmptyTuple = new(Array.Empty<PyTorchValue>());
    private static readonly PyTorchNumber True = new(true);
    private static readonly PyTorchNumber False = new(false);

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string _name;
    private readonly PyTorchLimits _limits;
    private readonly AllocationBudget _budget;
    private readonly PickleCalls _calls;
    private readonly List<PyTorchValue> _stack = [];
    private readonly List<int> _marks = [];
    private readonly List<PyTorchValue[]> _memo = [];
    private int _memoCount;
    private int _at;
    private int _opcodeAt;

    /// <summary>Creates a machine that starts at an offset of the bytes; the name is that of the part of the file, for messages.</summary>
    public PickleMachine(ReadOnlyMemory<byte> bytes, int start, string name, PyTorchLimits limits, AllocationBudget budget, PickleCalls calls)
    {
        (_bytes, _at, _name, _limits, _budget, _calls) = (bytes, start, name, limits, budget, calls);
    }

    /// <summary>Where the next instruction is; after a run, where the pickle ends.</summary>
    public int Position => _at;

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    /// <summary>Runs to the end and checks the tree.</summary>
    public ValidationResult Run(out PyTorchValue? root)
    {
        root = null;
        for (int count = 0; ; count++)
        {
            _opcodeAt = _at;
            if (!TryTake(1, out ReadOnlySpan<byte> opcode))
            {
                return Truncated();
            }

            if (count == _limits.MaxOpcodes)
            {
                return Fail(ValidationCode.TooLarge, $"The pickle has more than {_limits.MaxOpcodes} instructions.");
            }

            if (opcode[0] == (byte)PickleOpcode.Stop)
            {
                break;
            }

            ValidationResult result = Step((PickleOpcode)opcode[0]);
            if (!result.IsValid)
            {
                return result;
            }
        }

        if (_stack.Count != 1 || _marks.Count != 0)
        {
            return Fail($"The pickle ends with {_stack.Count} values on the stack.");
        }

        root = _stack[0];
        ValidationResult check = new PickleTree(_limits).Check(root, _name);
        root = check.IsValid ? root : null;
        return check;
    }

    private ValidationResult Step(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.Mark => Mark(),
        PickleOpcode.EmptyTuple => Push(EmptyTuple, 0),
        PickleOpcode.EmptyList => Push(new PyTorchList([]), ContainerBytes),
        PickleOpcode.EmptyDict => Push(new PyTorchDictionary(isOrdered: false), ContainerBytes),
        PickleOpcode.None => Push(PyTorchNone.Value, 0),
        PickleOpcode.NewTrue => Push(True, 0),
        PickleOpcode.NewFalse => Push(False, 0),
        PickleOpcode.BinFloat => Number(8),
        PickleOpcode.BinInt => Number(4),
        PickleOpcode.BinInt1 => Number(1),
        PickleOpcode.BinInt2 => Number(2),
        PickleOpcode.Long1 => Long(),
        PickleOpcode.BinUnicode => Text(4),
        PickleOpcode.ShortBinUnicode or PickleOpcode.ShortBinString => Text(1),
        PickleOpcode.Tuple => MarkedTuple(),
        PickleOpcode.Tuple1 => Tuple(1),
        PickleOpcode.Tuple2 => Tuple(2),
        PickleOpcode.Tuple3 => Tuple(3),
        PickleOpcode.Append => AddItems(1, marked: false),
        PickleOpcode.SetItem => AddItems(2, marked: false),
        PickleOpcode.Appends => AddItems(1, marked: true),
        PickleOpcode.SetItems => AddItems(2, marked: true),
        PickleOpcode.BinPut => Put(1),
        PickleOpcode.LongBinPut => Put(4),
        PickleOpcode.Memoize => Put(0),
        PickleOpcode.BinGet => Get(1),
        PickleOpcode.LongBinGet => Get(4),
        PickleOpcode.Global => Global(),
        PickleOpcode.StackGlobal => StackGlobal(),
        PickleOpcode.BinPersId => Storage(),
        PickleOpcode.Reduce => Reduce(),
        PickleOpcode.Build => Build(),
        PickleOpcode.Proto => Protocol(),
        PickleOpcode.Frame => TryTake(8, out _) ? ValidationResult.Ok : Truncated(),
        _ => Refuse(opcode),
    };

    private ValidationResult Protocol()
    {
        if (!TryTake(1, out ReadOnlySpan<byte> version))
        {
            return Truncated();
        }

        return version[0] is >= 2 and <= 4
            ? ValidationResult.Ok
            : Fail(ValidationCode.WrongVersion, $"Protocol {version[0]} of pickle is not read, only 2 to 4.");
    }

    private ValidationResult Mark()
    {
        if (_marks.Count == _limits.MaxDepth)
        {
            return Fail(ValidationCode.TooLarge, $"More than {_limits.MaxDepth} containers are open.");
        }

        _marks.Add(_stack.Count);
        return ValidationResult.Ok;
    }

    private ValidationResult Number(int bytes)
    {
        if (!TryTake(bytes, out ReadOnlySpan<byte> data))
        {
            return Truncated();
        }

        return bytes switch
        {
            1 => Push(SmallNumbers[data[0]], 0),
            2 => PushNumber(BinaryPrimitives.ReadUInt16LittleEndian(data)),
            4 => PushNumber(BinaryPrimitives.ReadInt32LittleEndian(data)),
            _ => Push(new PyTorchNumber(BinaryPrimitives.ReadDoubleBigEndian(data)), ValueBytes),
        };
    }

    private ValidationResult Long()
    {
        if (!TryTake(1, out ReadOnlySpan<byte> length) || !TryTake(length[0], out ReadOnlySpan<byte> data))
        {
            return Truncated();
        }

        if (data.Length > sizeof(long))
        {
            return Fail(ValidationCode.OutOfRange, $"A number has {data.Length} bytes; there are at most {sizeof(long)}.");
        }

        // Two's complement of any length: the bytes that are not there are copies of the sign.
        Span<byte> number = stackalloc byte[sizeof(long)];
        number.Fill(data.Length > 0 && data[^1] > 127 ? byte.MaxValue : (byte)0);
        data.CopyTo(number);
        return PushNumber(BinaryPrimitives.ReadInt64LittleEndian(number));
    }

    private ValidationResult PushNumber(long value) =>
        value is >= 0 and <= byte.MaxValue ? Push(SmallNumbers[value], 0) : Push(new PyTorchNumber(value), ValueBytes);

    private ValidationResult Text(int lengthBytes)
    {
        if (!TryTakeIndex(lengthBytes, out uint length) || length > int.MaxValue || !TryTake((int)length, out ReadOnlySpan<byte> data))
        {
            return Truncated();
        }

        if (length > _limits.MaxTextBytes)
        {
            return Fail(ValidationCode.TooLarge, $"A text has {length} bytes; the limit is {_limits.MaxTextBytes}.");
        }

        if (!_budget.TryTakeText(data.Length))
        {
            return NoMemory();
        }

        return TryDecode(data, out string? text) ? Push(new PyTorchText(text!), ValueBytes + sizeof(long)) : Fail("A text is no UTF-8.");
    }

    private static bool TryDecode(ReadOnlySpan<byte> data, out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(data) ? Utf8.GetString(data) : null;
        return text is not null;
    }

    private ValidationResult MarkedTuple() => TryPopMark(out int from) ? Tuple(_stack.Count - from) : NoMark();

    private ValidationResult Tuple(int count)
    {
        if (_stack.Count - Floor < count)
        {
            return Underflow();
        }

        if (!_budget.TryTakeArray(count, AllocationBudget.ReferenceBytes))
        {
            return NoMemory();
        }

        PyTorchValue[] items = new PyTorchValue[count];
        _stack.CopyTo(_stack.Count - count, items, 0, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return Push(new PyTorchTuple(items), ValueBytes);
    }

    /// <summary>Adds to a list (values of 1) or a dict (values of 2): the topmost value, or everything above the mark.</summary>
    private ValidationResult AddItems(int size, bool marked)
    {
        int from = _stack.Count - size;
        if (marked && !TryPopMark(out from))
        {
            return NoMark();
        }

        int count = _stack.Count - from;
        if (from - 1 < Floor || count % size != 0)
        {
            return Underflow();
        }

        ReadOnlySpan<PyTorchValue> items = CollectionsMarshal.AsSpan(_stack)[from..];
        ValidationResult result = (_stack[from - 1], size) switch
        {
            (PyTorchList list, 1) => list.Add(items, _budget),
            (PyTorchDictionary dictionary, 2) => dictionary.Add(items, _budget),
            _ => Fail($"Items are added to something that is no {(size == 1 ? "list" : "dict")}."),
        };
        _stack.RemoveRange(from, count);
        return result.IsValid || result.Field.Length > 0 ? result : At(result);
    }

    private ValidationResult Put(int bytes)
    {
        uint index = (uint)_memoCount;
        if (bytes > 0 && !TryTakeIndex(bytes, out index))
        {
            return Truncated();
        }

        if (_stack.Count <= Floor)
        {
            return Underflow();
        }

        // Python numbers the values one after the other, so a gap is a mistake or an attack.
        if (index > _memoCount || index >= _limits.MaxMemo)
        {
            return Fail(ValidationCode.TooLarge, $"Value {index} is remembered after {_memoCount}; the limit is {_limits.MaxMemo}.");
        }

        if (index / MemoBlock == _memo.Count)
        {
            if (!_budget.TryTakeArray(MemoBlock, AllocationBudget.ReferenceBytes) || !TryGrow(_memo))
            {
                return NoMemory();
            }

            _memo.Add(new PyTorchValue[MemoBlock]);
        }

        _memo[(int)index / MemoBlock][index % MemoBlock] = _stack[^1];
        _memoCount = Math.Max(_memoCount, (int)index + 1);
        return ValidationResult.Ok;
    }

    private ValidationResult Get(int bytes)
    {
        if (!TryTakeIndex(bytes, out uint index))
        {
            return Truncated();
        }

        return index < _memoCount
            ? Push(_memo[(int)index / MemoBlock][index % MemoBlock], 0)
            : Fail($"Value {index} is used, but was never remembered.");
    }

    private ValidationResult Global()
    {
        if (!TryTakeLine(out ReadOnlySpan<byte> module) || !TryTakeLine(out ReadOnlySpan<byte> name))
        {
            return Fail("A name does not end.");
        }

        return TryDecode(module, out string? moduleText) && TryDecode(name, out string? nameText)
            ? PushGlobal(moduleText!, nameText!)
            : Fail("A name is no UTF-8.");
    }

    private ValidationResult StackGlobal()
    {
        if (_stack.Count - Floor < 2 || _stack[^1] is not PyTorchText name || _stack[^2] is not PyTorchText module)
        {
            return Underflow();
        }

        _stack.RemoveRange(_stack.Count - 2, 2);
        return PushGlobal(module.Value, name.Value);
    }

    private ValidationResult PushGlobal(string module, string name)
    {
        if (module.Length + name.Length > MaxNameBytes || !_budget.TryTake(6L * (module.Length + name.Length + AllocationBudget.ObjectBytes)))
        {
            return Fail(ValidationCode.TooLarge, "A name of Python is too long.");
        }

        return PickleGlobal.Find($"{module} {name}") is { } value
            ? Push(value, 0)
            : Fail(ValidationCode.NotAllowed, $"'{module}.{name}' is not one of the names that a state dict needs; it might run code.");
    }

    private ValidationResult Storage()
    {
        if (_stack.Count <= Floor)
        {
            return Underflow();
        }

        ValidationResult result = _calls.TryGetStorage(_stack[^1], out PickleStorage? storage);
        return result.IsValid ? Replace(1, storage!) : At(result);
    }

    private ValidationResult Reduce()
    {
        if (_stack.Count - Floor < 2)
        {
            return Underflow();
        }

        if (_stack[^2] is not PickleGlobal function || _stack[^1] is not PyTorchTuple arguments)
        {
            return Fail("REDUCE needs a function and a tuple.");
        }

        ValidationResult result = _calls.TryCall(function, arguments, out PyTorchValue? value);
        return result.IsValid ? Replace(2, value!) : At(result);
    }

    /// <summary>Attributes of an OrderedDict, which PyTorch uses for versions of modules, are ignored.</summary>
    private ValidationResult Build()
    {
        if (_stack.Count - Floor < 2)
        {
            return Underflow();
        }

        if (_stack[^2] is not PyTorchDictionary { IsOrdered: true } || _stack[^1] is not PyTorchDictionary)
        {
            return Fail(ValidationCode.NotAllowed, "BUILD is allowed on an OrderedDict only; it might run code.");
        }

        _stack.RemoveAt(_stack.Count - 1);
        return ValidationResult.Ok;
    }

    private ValidationResult Replace(int count, PyTorchValue value)
    {
        _stack.RemoveRange(_stack.Count - count, count);
        return Push(value, 0);
    }

    private ValidationResult Push(PyTorchValue value, int bytes)
    {
        if (!_budget.TryTake(bytes) || !TryGrow(_stack))
        {
            return NoMemory();
        }

        _stack.Add(value);
        return ValidationResult.Ok;
    }

    private bool TryGrow<T>(List<T> list)
    {
        if (list.Count < list.Capacity)
        {
            return true;
        }

        int capacity = Math.Max(FirstStack, 2 * list.Count);
        bool taken = _budget.TryTakeArray(capacity, AllocationBudget.ReferenceBytes);
        list.Capacity = taken ? capacity : list.Capacity;
        return taken;
    }

    private bool TryPopMark(out int from)
    {
        from = Floor;
        if (_marks.Count == 0)
        {
            return false;
        }

        _marks.RemoveAt(_marks.Count - 1);
        return true;
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count > _bytes.Length - _at)
        {
            return false;
        }

        bytes = _bytes.Span.Slice(_at, count);
        _at += count;
        return true;
    }

    private bool TryTakeIndex(int bytes, out uint index)
    {
        index = 0;
        if (!TryTake(bytes, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        index = bytes == 1 ? data[0] : BinaryPrimitives.ReadUInt32LittleEndian(data);
        return true;
    }

    private bool TryTakeLine(out ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = _bytes.Span[_at..];
        int end = rest[..Math.Min(rest.Length, MaxNameBytes)].IndexOf((byte)'\n');
        line = end < 0 ? default : rest[..end];
        _at += end + 1;
        return end >= 0;
    }

    private ValidationResult Refuse(PickleOpcode opcode) => Enum.IsDefined(opcode)
        ? Fail(ValidationCode.NotAllowed, $"The instruction {opcode.ToString().ToUpperInvariant()} is refused; it might run code.")
        : Fail(ValidationCode.UnknownKind, $"The instruction 0x{(byte)opcode:X2} is not one that a state dict needs.");

    private ValidationResult Truncated() => Fail("The pickle ends too early.");

    private ValidationResult Underflow() => Fail("An instruction does not find the values that it needs on the stack.");

    private ValidationResult NoMark() => Fail("There is no mark on the stack.");

    private ValidationResult NoMemory() => Fail(ValidationCode.TooLarge, "The content needs more memory than a file of this size may use.");

    private ValidationResult Fail(string message) => Fail(ValidationCode.Malformed, message);

    private ValidationResult Fail(ValidationCode code, string message) => ValidationResult.Fail(code, $"{_name}@{_opcodeAt}", message);

    /// <summary>A result of a call, with the place of the instruction before its field.</summary>
    private ValidationResult At(ValidationResult result) =>
        result with { Field = result.Field.Length == 0 ? $"{_name}@{_opcodeAt}" : $"{_name}@{_opcodeAt}/{result.Field}" };
}
