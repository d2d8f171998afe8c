namespace PoUW.Vm.Tests.Vectors;

/// <summary>Stack, arithmetic and random numbers. Every result was worked out by hand.</summary>
internal static class ScalarVectors
{
    /// <summary>mnemonic, operands, result: first normal, then edges, then traps.</summary>
    private static readonly string[] Arithmetic =
    [
        "add 2 3 -> 5", "add -2 3 -> 1", "add MAX 0 -> MAX", "add MIN MAX -> -1", "add 9223372036854775806 1 -> MAX", "add MAX 1 -> IntegerOverflow",
        "add MIN -1 -> IntegerOverflow", "add MIN MIN -> IntegerOverflow", "add MAX MAX -> IntegerOverflow",
        "sub 2 3 -> -1", "sub MIN MIN -> 0", "sub -1 MAX -> MIN", "sub -1 MIN -> MAX", "sub 0 MIN -> IntegerOverflow", "sub MIN 1 -> IntegerOverflow",
        "sub MAX -1 -> IntegerOverflow",
        "mul -7 6 -> -42", "mul 4294967296 2147483647 -> 9223372032559808512", "mul -4294967296 2147483648 -> MIN", "mul MIN 1 -> MIN",
        "mul MAX -1 -> -9223372036854775807", "mul MIN 0 -> 0", "mul 4294967296 2147483648 -> IntegerOverflow", "mul MIN -1 -> IntegerOverflow",
        "mul -1 MIN -> IntegerOverflow", "mul MIN MIN -> IntegerOverflow", "mul MAX MAX -> IntegerOverflow",
        "div 7 2 -> 3", "div -7 2 -> -3", "div 7 -2 -> -3", "div -7 -2 -> 3", "div MIN 1 -> MIN", "div MAX -1 -> -9223372036854775807",
        "div MIN MIN -> 1",
        "div MAX MIN -> 0", "div MIN MAX -> -1", "div MIN -1 -> IntegerOverflow", "div 1 0 -> DivisionByZero", "div 0 0 -> DivisionByZero",
        "div MIN 0 -> DivisionByZero",
        "mod 7 3 -> 1", "mod -7 3 -> -1", "mod 7 -3 -> 1", "mod -7 -3 -> -1", "mod MIN -1 -> 0", "mod MAX -1 -> 0", "mod MIN MAX -> -1",
        "mod MAX MIN -> MAX",
        "mod 5 0 -> DivisionByZero", "mod MIN 0 -> DivisionByZero",
        "neg 5 -> -5", "neg 0 -> 0", "neg MAX -> -9223372036854775807", "neg MIN -> IntegerOverflow",
        "shl 3 4 -> 48", "shl -3 4 -> -48", "shl 1 62 -> 4611686018427387904", "shl -1 63 -> MIN", "shl 0 63 -> 0", "shl MIN 0 -> MIN",
        "shl 1 63 -> IntegerOverflow", "shl MAX 1 -> IntegerOverflow", "shl MIN 1 -> IntegerOverflow", "shl 1 64 -> ArgumentOutOfRange",
        "shl 1 -1 -> ArgumentOutOfRange", "shl 0 MIN -> ArgumentOutOfRange", "shl 0 4294967296 -> ArgumentOutOfRange",
        "shr 48 4 -> 3", "shr -1 1 -> -1", "shr -7 1 -> -4", "shr MIN 63 -> -1", "shr MAX 63 -> 0", "shr MIN 0 -> MIN",
        "shr 1 64 -> ArgumentOutOfRange",
        "shr 1 -1 -> ArgumentOutOfRange", "shr 1 MAX -> ArgumentOutOfRange",
        "shru 48 4 -> 3", "shru -1 1 -> MAX", "shru -1 63 -> 1", "shru MIN 63 -> 1", "shru MIN 0 -> MIN", "shru -1 0 -> -1",
        "shru 1 64 -> ArgumentOutOfRange",
        "shru 1 -1 -> ArgumentOutOfRange", "shru 1 4294967296 -> ArgumentOutOfRange",
        "and 12 10 -> 8", "and -1 MIN -> MIN", "and MIN MAX -> 0", "or 12 10 -> 14", "or MIN MAX -> -1", "or 0 0 -> 0", "xor 12 10 -> 6",
        "xor -1 MIN -> MAX",
        "xor MIN MIN -> 0", "not 5 -> -6", "not 0 -> -1", "not MIN -> MAX", "not MAX -> MIN",
        "eq 4 4 -> 1", "eq 4 5 -> 0", "eq MIN MIN -> 1", "eq MIN MAX -> 0", "ne 4 5 -> 1", "ne 4 4 -> 0", "ne MIN MAX -> 1",
        "lt 4 5 -> 1", "lt 5 4 -> 0", "lt 4 4 -> 0", "lt MIN MAX -> 1", "lt MAX MIN -> 0", "lt -1 0 -> 1",
        "le 4 5 -> 1", "le 5 4 -> 0", "le 4 4 -> 1", "le MIN MAX -> 1", "le MAX MIN -> 0",
        "min 4 -5 -> -5", "min MIN MAX -> MIN", "min 3 3 -> 3", "max 4 -5 -> 4", "max MIN MAX -> MAX", "max -1 -1 -> -1",
        "bitwidth 0 -> 0", "bitwidth 1 -> 0", "bitwidth 2 -> 1", "bitwidth 3 -> 2", "bitwidth 4 -> 2", "bitwidth 5 -> 3", "bitwidth MAX -> 63",
        "bitwidth 4611686018427387904 -> 62", "bitwidth 4611686018427387905 -> 63", "bitwidth -1 -> 0", "bitwidth MIN -> 0",
        "select 1 10 20 -> 10", "select 0 10 20 -> 20", "select -1 10 20 -> 10", "select MIN 10 20 -> 10", "select 4294967296 10 20 -> 10",
    ];

    public static IEnumerable<VectorSource> ArithmeticFile() => Arithmetic.Select(Line);

    public static IEnumerable<VectorSource> StackFile() =>
    [
        VectorSource.Of("push", "push 5 / emit -> 5"),
        VectorSource.Of("push of the extremes", "push -9223372036854775808 / emit / push 9223372036854775807 / emit / push -1 / emit -> MIN MAX -1"),
        VectorSource.Of("const", "const 0 / emit / const 2 / emit -> 7 MIN", ".constant 7\n.constant -1\n.constant -9223372036854775808"),
        VectorSource.Of("pop", "push 1 / push 2 / pop / emit -> 1"),
        VectorSource.Of("dup", "push 3 / dup / emit / emit -> 3 3"),
        VectorSource.Of("swap", "push 1 / push 2 / swap / emit / emit -> 1 2"),
        VectorSource.Of("swap leaves what is below", "push 9 / push 1 / push 2 / swap / emit / emit / emit -> 1 2 9"),
        VectorSource.Of("load of a local that was never stored", "load 0 / emit / load 255 / emit -> 0 0"),
        VectorSource.Of("store and load", "push -5 / store 0 / push 6 / store 255 / load 0 / emit / load 255 / emit -> -5 6"),
        VectorSource.Of("arguments arrive in locals", "load 0 / emit / load 1 / emit / load 2 / emit -> MIN MAX 0") with
        {
            Assembly = ".entry main 2 start\n.code\nstart:\nload 0\nemit\nload 1\nemit\nload 2\nemit\nhalt\n",
            Arguments = [long.MinValue, long.MaxValue],
        },
        VectorSource.Of("a stack as deep as the limit",
            "push 1 / push 2 / push 3 / pop / pop / emit -> 1") with { Limits = new VectorLimits(StackDepth: 3) },
    ];

    /// <summary>The first and the last two are the known answers that Salmon et al. publish with Random123.</summary>
    public static IEnumerable<VectorSource> RandFile() =>
    [
        Rand("rand of zeros", 0, 0, 0, 0xE169C58D_6627E8D5),
        Rand("rand of all bits (Random123)", -1, -1, -1, 0x41C83B0E_408F276D),
        Rand("rand of the digits of pi (Random123)", 0x299F31D0_A4093822, 0x03707344_13198A2E, unchecked((long)0x85A308D3_243F6A88),
            0x94FDCCEB_D16CFE09),
        VectorSource.Of("rand leaves what is below", "push 77 / push 1 / push 2 / push 3 / rand / pop / emit -> 77"),
        VectorSource.Of("rand of the extremes", $"push {long.MinValue} / push {long.MaxValue} / push {long.MinValue} / rand / emit"),
    ];

    private static VectorSource Rand(string name, long key, long stream, long index, ulong expected) =>
        VectorSource.Of(name, $"push {key} / push {stream} / push {index} / rand / emit -> {unchecked((long)expected)}");

    private static VectorSource Line(string line)
    {
        string[] halves = line.Split("->", StringSplitOptions.TrimEntries);
        string[] words = halves[0].Split(' ');
        IEnumerable<string> pushes = words[1..].Select(word => $"push {VectorSource.Number(word)}");
        return VectorSource.Of(halves[0], string.Join(" / ", [.. pushes, words[0], $"emit -> {halves[1]}"]));
    }
}
