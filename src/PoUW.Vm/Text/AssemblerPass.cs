using System.Globalization;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Text;

/// <summary>The state of reading one text.</summary>
internal sealed class AssemblerPass
{
    private readonly ProgramBuilder _builder = new();
    private readonly Dictionary<string, int> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CodeLabel> _labels = new(StringComparer.Ordinal);
    private readonly HashSet<string> _placed = new(StringComparer.Ordinal);

    /// <summary>A label that is used but not placed, or null.</summary>
    public string? UnplacedLabel() => _labels.Keys.Order(StringComparer.Ordinal).FirstOrDefault(l => !_placed.Contains(l));

    public VmProgram Build() => _builder.Build();

    /// <summary>Reads one line.</summary>
    /// <returns>Null if all is well, otherwise what is wrong.</returns>
    public string? Line(string[] words)
    {
        if (words.Length == 0 || words[0] == ".code")
        {
            return null;
        }

        if (words[0].StartsWith('.'))
        {
            return Declaration(words);
        }

        if (words.Length == 1 && words[0].EndsWith(':'))
        {
            string name = words[0][..^1];
            _builder.Mark(Label(name));
            return _placed.Add(name) ? null : $"The label '{name}' is placed twice.";
        }

        return words[0].StartsWith("vec.", StringComparison.Ordinal) ? Vector(words) : Plain(words);
    }

    private string? Declaration(string[] words) => words[0] switch
    {
        ".slot" => Slot(words),
        ".memory" when words.Length == 2 && Number(words[1], 0, int.MaxValue, out int bytes) => Memory(bytes),
        ".constant" when words.Length == 2 && Number(words[1], out long value) => Constant(value),
        ".checkpoint" when words.Length == 2 => Checkpoint(words[1]),
        ".entry" when words.Length == 4 && Number(words[2], 0, byte.MaxValue, out int count) => Entry(words[1], count, words[3]),
        _ => $"'{string.Join(' ', words)}' is no declaration.",
    };

    private string? Slot(string[] words)
    {
        bool valid = words.Length == 6
            & TryEnum(words.ElementAtOrDefault(1), out SlotKind kind)
            & TryEnum(words.ElementAtOrDefault(3), out TensorType type)
            & Number(words.ElementAtOrDefault(4), 1, int.MaxValue, out int rows)
            & Number(words.ElementAtOrDefault(5), 1, int.MaxValue, out int columns);
        if (!valid)
        {
            return "A slot is '.slot <input|state|output|scratch> <name> <int8|uint8|int32|int64|float32> <rows> <columns>'.";
        }

        return _slots.TryAdd(words[2], _builder.Slot(words[2], type, rows, columns, kind)) ? null : $"The slot '{words[2]}' is declared twice.";
    }

    private string? Memory(int bytes)
    {
        _builder.MemoryBytes = bytes;
        return null;
    }

    private string? Constant(long value)
    {
        _builder.Constant(value);
        return null;
    }

    private string? Checkpoint(string name)
    {
        _builder.CheckpointName(name);
        return null;
    }

    private string? Entry(string name, int count, string label)
    {
        _builder.Entry(name, count, Label(label));
        return null;
    }

    private string? Plain(string[] words)
    {
        OpcodeInfo? info = OpcodeInfo.All.FirstOrDefault(i => i.Mnemonic == words[0] && i.Layout != OperandLayout.Vector);
        if (info is null)
        {
            return $"'{words[0]}' is no instruction.";
        }

        bool valid = info.Layout switch
        {
            OperandLayout.None => words.Length == 1 && Did(_builder.Op(info.Code)),
            OperandLayout.Value => words.Length == 2 && Number(words[1], out long value) && Did(_builder.Push(value)),
            OperandLayout.ConstantIndex => OneNumber(words, ushort.MaxValue, out int index) && Did(_builder.PushConstant(index)),
            OperandLayout.Local => OneNumber(words, byte.MaxValue, out int local) && Local(info.Code, local),
            OperandLayout.Target => words.Length == 2 && Branch(info.Code, words[1]),
            OperandLayout.LocalTarget => words.Length == 3 && Number(words[1], 0, byte.MaxValue, out int counter)
                && Did(_builder.Loop(counter, Label(words[2]))),
            OperandLayout.Slot => Slots(words, 1, 2, out int[] slot) && Element(info.Code, slot[0]),
            OperandLayout.CheckpointIndex => words.Length == 2 && Did(_builder.Checkpoint(words[1])),
            OperandLayout.SlotPair => Slots(words, 2, 3, out int[] pair) && Did(_builder.MemCopy(pair[0], pair[1])),
            _ => Slots(words, 3, 5, out int[] slots) && MatMul(slots, words[4]),
        };
        return valid ? null : $"The operands of '{words[0]}' are wrong.";
    }

    private string? Vector(string[] words)
    {
        string name = words[0]["vec.".Length..];
        TensorOp? operation = TensorOps.Find(name);
        if (operation is null)
        {
            return $"'{name}' is no vector operation.";
        }

        int count = operation.Operands.Count;
        int[] immediates = new int[operation.Immediates.Count];
        bool valid = Slots(words, count, 1 + count + immediates.Length, out int[] slots);
        for (int i = 0; i < immediates.Length && valid; i++)
        {
            valid = ImmediateText.TryRead(operation.Immediates[i], words[1 + count + i], out immediates[i]);
        }

        return valid && Did(_builder.Vector(operation, slots, immediates)) ? null : $"The operands of '{words[0]}' are wrong.";
    }

    private bool MatMul(int[] slots, string flags)
    {
        bool tileWork = flags.Length == 3 && flags[2] == 'w';
        bool valid = (flags.Length == 2 || tileWork) && flags[0] is ('n' or 't') && flags[1] is ('n' or 't');
        return valid && Did(_builder.MatMul(slots[0], slots[1], slots[2], flags[0] == 't', flags[1] == 't', tileWork));
    }

    private bool Local(Opcode code, int local) => Did(code == Opcode.Load ? _builder.Load(local) : _builder.Store(local));

    private bool Element(Opcode code, int slot) =>
        Did(code == Opcode.TensorLoad ? _builder.TensorLoad(slot) : _builder.TensorStore(slot));

    private bool Branch(Opcode code, string label) => Did(code switch
    {
        Opcode.Jump => _builder.Jump(Label(label)),
        Opcode.JumpIf => _builder.JumpIf(Label(label)),
        _ => _builder.Call(Label(label)),
    });

    private CodeLabel Label(string name)
    {
        if (!_labels.TryGetValue(name, out CodeLabel label))
        {
            label = _builder.NewLabel();
            _labels.Add(name, label);
        }

        return label;
    }

    private bool Slots(string[] words, int count, int length, out int[] slots)
    {
        slots = new int[count];
        bool valid = words.Length == length;
        for (int i = 0; i < count && valid; i++)
        {
            valid = _slots.TryGetValue(words[i + 1], out slots[i]);
        }

        return valid;
    }

    private static bool OneNumber(string[] words, int max, out int value)
    {
        value = 0;
        return words.Length == 2 && Number(words[1], 0, max, out value);
    }

    private static bool Number(string? word, int min, int max, out int value)
    {
        bool valid = Number(word, out long wide) && wide >= min && wide <= max;
        value = valid ? (int)wide : 0;
        return valid;
    }

    private static bool Number(string? word, out long value) =>
        long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static bool TryEnum<T>(string? word, out T value)
        where T : struct, Enum
    {
        value = default;
        return word is not null && word.All(char.IsAsciiLetterOrDigit) && !char.IsAsciiDigit(word[0])
            && Enum.TryParse(word, ignoreCase: true, out value);
    }

    private static bool Did(ProgramBuilder builder) => builder is not null;
}
