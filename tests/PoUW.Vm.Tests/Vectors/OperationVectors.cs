using System.Globalization;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Vectors.VectorData;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>
/// The vectors of a line of <see cref="OperationTable"/>: small numbers, numbers at the borders, every argument beyond its range, contents
/// beyond their bound, an input that is missing, and a destination that is an operand.
/// </summary>
internal sealed class OperationVectors
{
    private const int BorderStarts = 3;

    private readonly TensorOp _operation;
    private readonly Operand[] _operands;
    private readonly string _immediates;
    private readonly string _arguments;
    private readonly string[] _moreArguments;
    private readonly string _title;
    private readonly uint _seed;

    private OperationVectors(string line, int number)
    {
        string[] parts = line.Split('|', StringSplitOptions.TrimEntries);
        _operation = TensorOps.Find(parts[0])!;
        _operands = [.. parts[1].Split(' ').Select(Operand.Parse)];
        _immediates = string.Join(' ', parts[2].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => Text(w, _operation)));
        _arguments = parts[3];
        _moreArguments = parts.Length > 4 ? parts[4].Split(';', StringSplitOptions.TrimEntries) : [];
        _title = $"{parts[0]} {number}";
        _seed = (uint)((_operation.Code * 100) + number);
    }

    public static IEnumerable<VectorSource> File(string family)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        foreach (string line in OperationTable.Families[family])
        {
            string name = line.Split('|')[0];
            numbers[name] = numbers.GetValueOrDefault(name) + 1;
            foreach (VectorSource source in new OperationVectors(line, numbers[name]).All())
            {
                yield return source;
            }
        }
    }

    private IEnumerable<VectorSource> All()
    {
        VectorTensor[] small = SmallTensors(0);
        yield return Vector("normal", _arguments, small, VmTrap.None);
        if (small.Any(t => t.Type == "float32"))
        {
            yield return Vector("normal again", _arguments, SmallTensors(50), VmTrap.None);
        }

        for (int start = 0; start < BorderStarts && small.Length > 0; start++)
        {
            int shift = start * 5;
            yield return Vector($"borders {start + 1}", _arguments, Given().Select(
                o => Tensor(o.Name, o.Type, o.Rows, o.Columns, o.Values(i => Border(o.Kind, shift + (7 * (int)o.Salt), i, o.Bound)))), VmTrap.None);
        }

        foreach (VectorSource source in ArgumentVectors(small).Concat(ContentVectors(small)))
        {
            yield return source;
        }

        Operand? read = Given().LastOrDefault(o => o.Role == "input");
        if (read is not null)
        {
            yield return Vector($"without {read.Name}", _arguments, small.Where(t => t.Slot != read.Name), VmTrap.InputMissing);
        }

        Operand[] twins = [.. _operands.Skip(1).Where(o => _operation.MayAlias && o.HasSizeOf(_operands[0]))];
        foreach (Operand twin in twins)
        {
            yield return InPlace(twin, small);
        }
    }

    private VectorTensor[] SmallTensors(uint seed) =>
    [
        .. Given().Select(o => Tensor(
            o.Name, o.Type, o.Rows, o.Columns, o.Values(i => Small(o.Kind, _seed + seed + o.Salt, i, o.Bound, o.IsPositive)))),
    ];

    private IEnumerable<VectorSource> ArgumentVectors(VectorTensor[] small)
    {
        foreach (string arguments in _moreArguments)
        {
            yield return Vector($"with {arguments}", arguments, small, null);
        }

        for (int i = 0; i < _operation.Arguments.Count; i++)
        {
            ArgumentSpec spec = _operation.Arguments[i];
            if (spec.Minimum > long.MinValue)
            {
                yield return Vector($"{spec.Name} below its range", Replaced(i, spec.Minimum - 1), small, VmTrap.ArgumentOutOfRange);
                yield return Vector($"{spec.Name} far below its range", Replaced(i, long.MinValue), small, VmTrap.ArgumentOutOfRange);
            }

            if (spec.Maximum < long.MaxValue)
            {
                yield return Vector($"{spec.Name} above its range", Replaced(i, spec.Maximum + 1), small, VmTrap.ArgumentOutOfRange);
                yield return Vector($"{spec.Name} far above its range", Replaced(i, long.MaxValue), small, VmTrap.ArgumentOutOfRange);
            }
        }
    }

    /// <summary>The last element of a bounded operand lies one beyond its bound, then below 0.</summary>
    private IEnumerable<VectorSource> ContentVectors(VectorTensor[] small)
    {
        foreach (Operand operand in Given().Where(o => o.Traps))
        {
            foreach (long bad in operand.Kind == TensorType.UInt8 ? new long[] { operand.Bound, 255 } : [operand.Bound, -1, int.MinValue,
                int.MaxValue])
            {
                IEnumerable<long> values = operand.Values(i => i == operand.Count - 1 ? bad : 0);
                VectorTensor tensor = Tensor(operand.Name, operand.Type, operand.Rows, operand.Columns, values);
                yield return Vector(
                    $"{operand.Name} holds {bad}", _arguments, small.Select(t => t.Slot == operand.Name ? tensor : t), VmTrap.ElementOutOfRange);
            }
        }
    }

    private VectorSource InPlace(Operand twin, VectorTensor[] small)
    {
        Operand[] declared = [.. _operands.Select((o, i) => o with { Role = o.Name == twin.Name ? "state" : Role(i) }).Skip(1)];
        string[] slots = [.. _operands.Select((o, i) => i == 0 ? twin.Name : o.Name)];
        return Source($"in place of {twin.Name}", declared, slots, _arguments, small) with { KnownTrap = VmTrap.None };
    }

    private VectorSource Vector(string name, string arguments, IEnumerable<VectorTensor> tensors, VmTrap? trap) =>
        Source(name, _operands.Select((o, i) => o with { Role = Role(i) }), _operands.Select(o => o.Name), arguments,
            tensors) with
        { KnownTrap = trap };

    private VectorSource Source(string name, IEnumerable<Operand> declared, IEnumerable<string> slots, string arguments,
        IEnumerable<VectorTensor> tensors)
    {
        string pushes = string.Concat(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => $"push {word} / "));
        string words = string.Join(' ', [$"vec.{_operation.Name}", .. slots, _immediates]).TrimEnd();
        string line = pushes + words + (_operation.HasResult ? " / emit" : "");
        string declarations = string.Join('\n', declared.Select(o => $".slot {o.Role} {o.Name} {o.Type} {o.Rows} {o.Columns}"));
        return VectorSource.Of($"{_title}: {name}", line, declarations, [.. tensors]);
    }

    private IEnumerable<Operand> Given() => _operands.Select((o, i) => o with
    {
        Role = Role(i),
        Salt = (uint)i * 1000
    }).Where(o => o.Role != "output");

    private string Role(int operand) => _operation.Operands[operand].Access switch
    {
        OperandAccess.Read => "input",
        OperandAccess.Write => "output",
        _ => "state",
    };

    private string Replaced(int index, long value)
    {
        string[] words = _arguments.Split(' ');
        words[index] = value.ToString(CultureInfo.InvariantCulture);
        return string.Join(' ', words);
    }

    private static string Text(string word, TensorOp operation) =>
        word[0] == 'f' ? $"0x{unchecked((uint)Immediate(word)):X8}" : operation.Immediates.Count > 0 ? word : "";

    /// <summary>A slot of a line of the table.</summary>
    private sealed record Operand(string Name, string Type, int Rows, int Columns, int Bound, bool Traps, bool IsPositive, string Role = "",
        uint Salt = 0)
    {
        public TensorType Kind => TypeOf(Type);

        public int Count => Rows * Columns;

        public static Operand Parse(string text)
        {
            string[] words = [.. text.Split(':'), ""];
            int[] size = [.. words[2].Split('x').Select(Immediate)];
            string mark = words[3];
            int bound = mark.Length > 1 ? Immediate(mark[1..]) : 0;
            return new Operand(words[0], words[1], size[0], size[1], bound, mark.StartsWith('<'), mark == "+");
        }

        public bool HasSizeOf(Operand other) => (Type, Rows, Columns) == (other.Type, other.Rows, other.Columns);

        public IEnumerable<long> Values(Func<int, long> value) => Enumerable.Range(0, Count).Select(value);
    }
}
