using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>
/// Seeded programs that pass the verifier by construction: an expression leaves one value, a statement none. Loops, calls, memory and
/// tensors; most run to their end, and some trap, recurse too deep or run out of gas.
/// </summary>
internal sealed class RandomProgram
{
    private const int Locals = 6;
    private const int Memory = 64;
    private const int Subroutines = 3;

    private static readonly Opcode[] Binary =
    [
        Opcode.Add, Opcode.Sub, Opcode.Mul, Opcode.And, Opcode.Or, Opcode.Xor, Opcode.Equal, Opcode.NotEqual, Opcode.Less, Opcode.LessOrEqual,
        Opcode.Min,
        Opcode.Max, Opcode.Div, Opcode.Mod, Opcode.Shl, Opcode.Shr, Opcode.ShrUnsigned,
    ];

    private static readonly (string Name, TensorType Type, int Rows, int Columns, SlotKind Kind)[] Slots =
    [
        ("bytes", TensorType.Int8, 3, 4, SlotKind.State), ("input", TensorType.Int8, 3, 4, SlotKind.Input),
        ("sums", TensorType.Int32, 3, 4, SlotKind.State),
        ("more", TensorType.Int32, 3, 4, SlotKind.Output), ("square", TensorType.Int32, 3, 3, SlotKind.Scratch),
        ("index", TensorType.Int32, 3, 1, SlotKind.State),
        ("labels", TensorType.UInt8, 3, 1, SlotKind.Input), ("wide", TensorType.Int64, 2, 3, SlotKind.State),
        ("reals", TensorType.Float32, 3, 4, SlotKind.State),
        ("weights", TensorType.Float32, 3, 4, SlotKind.State), ("products", TensorType.Float32, 3, 3, SlotKind.Scratch),
    ];

    /// <summary>Operation, slots, immediates (negative: so many random ones of a shift) and ranges of the arguments.</summary>
    private static readonly (string Name, string Slots, int[] Immediates, int[] Arguments)[] Operations =
    [
        ("requantise_shift", "bytes sums", [63], [12]), ("stochastic_round_shift", "bytes more", [60], [33]), ("relu", "bytes bytes", [], []),
        ("relu_gradient", "bytes input bytes", [], []), ("argmax_rows", "index bytes", [], []), ("add_int32", "sums sums more", [], []),
        ("subtract_int32", "more sums more", [], []), ("scale_shift", "sums more", [], [1000, 32]), ("clamp", "more more", [], [5000]),
        ("momentum_update", "sums more bytes", [3], [64, 100000]), ("gather_rows", "more sums index", [], []),
        ("uniform_fill", "more", [], [9, 9, 100000]),
        ("sequence", "index", [], [3, 4]), ("fill", "bytes", [], [60]), ("fill", "sums", [], [100000]),
        ("convert_f32", "reals sums", [0x3C23D70A, 0], []),
        ("add_f32", "reals reals weights", [], []), ("multiply_f32", "weights reals weights", [], []), ("softmax_f32", "reals weights", [], []),
        ("uniform_fill_f32", "weights", [unchecked((int)0xBF800000), 0x3F800000], [9, 9]), ("scatter_add_rows_f32", "reals weights index", [], []),
        ("softmax_gradient", "bytes input labels", [3, 60], [8]), ("copy_columns", "sums more", [1, 0, 2], []),
    ];

    private readonly Random _random;
    private readonly ProgramBuilder _builder = new();
    private readonly CodeLabel[] _subroutines = new CodeLabel[Subroutines];
    private int _loops;
    private int _level;
    private int _budget = 60;

    private RandomProgram(int seed) => _random = new Random(seed);

    public static VmProgram Create(int seed) => new RandomProgram(seed).Build();

    private VmProgram Build()
    {
        foreach ((string name, TensorType type, int rows, int columns, SlotKind kind) in Slots)
        {
            _builder.Slot(name, type, rows, columns, kind);
        }

        _builder.MemoryBytes = Memory;
        _builder.Constant(_random.NextInt64(long.MinValue, long.MaxValue));
        _builder.CheckpointName("here");
        for (int i = 0; i < Subroutines; i++)
        {
            _subroutines[i] = _builder.NewLabel();
        }

        _builder.Entry("main", 2);
        Block(_random.Next(3, 12));
        Emit(1);
        _builder.Op(Opcode.Halt);
        foreach (CodeLabel label in _subroutines)
        {
            _level++;
            _builder.Mark(label);
            Block(_random.Next(1, 4));
            _builder.Op(Opcode.Ret);
        }

        return _builder.Build();
    }

    private bool Chance(int one) => _random.Next(one) == 0;

    private void Block(int statements)
    {
        for (; statements > 0; statements--)
        {
            Statement();
        }
    }

    private void Statement()
    {
        _budget--;
        switch (_random.Next(_budget > 0 ? 13 : 8))
        {
            case 0 or 1:
                Expression(3);
                _builder.Store(_random.Next(Locals));
                break;
            case 2:
                Emit(3);
                break;
            case 3:
                Expression(2);
                Masked(Memory - 8);
                _builder.Op(Chance(2) ? Opcode.MemoryStore : Opcode.MemoryStoreByte);
                break;
            case 4:
                Expression(1);
                StoreElement();
                break;
            case 5:
                Copy();
                break;
            case 6:
                Vector();
                break;
            case 7:
                Product();
                break;
            case 8 or 9:
                If();
                break;
            case 10 or 11:
                Loop();
                break;
            default:
                int target = Chance(12) ? _random.Next(Subroutines) : Math.Min(_random.Next(_level, Subroutines + 1), Subroutines - 1);
                _builder.Call(_subroutines[target]);
                break;
        }
    }

    private void Emit(int depth)
    {
        Expression(depth);
        _builder.Op(Opcode.Emit);
    }

    private void Expression(int depth)
    {
        switch (depth == 0 ? 0 : _random.Next(14))
        {
            case 0 or 1 or 2:
                Leaf();
                break;
            case 3 or 4 or 5 or 6:
                Expression(depth - 1);
                Expression(depth - 1);
                _builder.Op(Binary[_random.Next(Chance(5) ? Binary.Length : Binary.Length - 5)]);
                break;
            case 7:
                Expression(depth - 1);
                _builder.Op(Chance(2) ? Opcode.Not : Chance(2) ? Opcode.Neg : Opcode.BitWidth);
                break;
            case 8:
                Expression(depth - 1);
                Expression(depth - 1);
                Expression(depth - 1);
                _builder.Op(Chance(2) ? Opcode.Select : Opcode.Rand);
                break;
            case 9 or 10:
                Masked(Memory - 8);
                _builder.Op(Chance(2) ? Opcode.MemoryLoad : Opcode.MemoryLoadByte);
                break;
            case 11:
                int slot = _random.Next(Slots.Length);
                Place(Slots[slot].Rows);
                Place(Slots[slot].Columns);
                _builder.TensorLoad(slot);
                break;
            case 12:
                Expression(depth - 1);
                _builder.Op(Opcode.Dup).Op(Opcode.Swap).Op(Chance(2) ? Opcode.Xor : Opcode.Max);
                break;
            default:
                _builder.Vector(TensorOps.Find(Chance(2) ? "sum" : "max_abs")!, [_random.Next(5)]);
                break;
        }
    }

    private void Leaf()
    {
        switch (_random.Next(20))
        {
            case 0:
                _builder.Push(_random.NextInt64(long.MinValue, long.MaxValue));
                break;
            case 1:
                _builder.PushConstant(0);
                break;
            case < 9:
                _builder.Load(_random.Next(Locals + 3));
                break;
            default:
                _builder.Push(_random.Next(-20, 100));
                break;
        }
    }

    /// <summary>An expression that is nearly always below a power of two.</summary>
    private void Masked(int limit)
    {
        Expression(1);
        if (!Chance(15))
        {
            _builder.Push(limit - 1).Op(Opcode.And);
        }
    }

    private void Place(int size) => _builder.Push(Chance(25) ? _random.Next(-1, size + 2) : _random.Next(size));

    private void StoreElement()
    {
        int slot;
        do
        {
            slot = _random.Next(Slots.Length);
        }
        while (Slots[slot].Kind == SlotKind.Input);
        if (!Chance(4))
        {
            _builder.Push(63).Op(Opcode.And);
        }

        Place(Slots[slot].Rows);
        Place(Slots[slot].Columns);
        _builder.TensorStore(slot);
    }

    private void Copy()
    {
        if (Chance(2))
        {
            _builder.Push(_random.Next(30)).Push(_random.Next(30)).Push(Chance(10) ? _random.Next(-1, 70) : _random.Next(30)).Op(Opcode.MemoryCopy);
            return;
        }

        (int to, int from) = Chance(2) ? (IndexOf("bytes"), IndexOf("input")) : (IndexOf("sums"), Chance(3) ? IndexOf("sums") : IndexOf("more"));
        int count = _random.Next(1, 4);
        _builder.Push(_random.Next(Chance(20) ? 4 : 4 - count)).Push(_random.Next(4 - count)).Push(count).MemCopy(to, from);
    }

    private void Vector()
    {
        (string name, string slots, int[] immediates, int[] arguments) = Operations[_random.Next(Operations.Length)];
        foreach (int bound in arguments)
        {
            _builder.Push(_random.Next(Chance(25) ? -1 : 0, bound));
        }

        _builder.Vector(TensorOps.Find(name)!, [.. slots.Split(' ').Select(IndexOf)], immediates);
    }

    private void Product()
    {
        if (Chance(3))
        {
            _builder.Checkpoint("here");
            return;
        }

        bool isReal = Chance(3);
        (string c, string a, string b) = isReal ? ("products", "reals", "weights") : ("square", "bytes", "input");
        _builder.MatMul(IndexOf(c), IndexOf(a), IndexOf(b), transposeB: true);
    }

    private void If()
    {
        CodeLabel otherwise = _builder.NewLabel();
        CodeLabel end = _builder.NewLabel();
        Expression(2);
        _builder.JumpIf(otherwise);
        Block(_random.Next(1, 3));
        _builder.Jump(end);
        _builder.Mark(otherwise);
        Block(_random.Next(0, 3));
        _builder.Mark(end);
    }

    private void Loop()
    {
        int local = Locals + (_loops++ % 200);
        _builder.Push(_random.Next(Chance(10) ? -3 : 1, 6)).Store(local);
        CodeLabel start = _builder.MarkNew();
        Block(_random.Next(1, 4));
        _builder.Loop(local, start);
    }

    private static int IndexOf(string name) => Array.FindIndex(Slots, slot => slot.Name == name);
}
