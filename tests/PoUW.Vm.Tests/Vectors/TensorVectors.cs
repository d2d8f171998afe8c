using PoUW.Vm.Execution;
using static PoUW.Vm.Tests.Vectors.VectorData;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>TLOAD, TSTORE, MATMUL and MEMCOPY.</summary>
internal static class TensorVectors
{
    private const string TwoSlots = ".slot state d int32 3 2\n.slot input s int32 4 2";

    public static IEnumerable<VectorSource> ElementFile()
    {
        (string Type, long Low, long High)[] types =
        [
            ("int8", -128, 127), ("uint8", 0, 255), ("int32", int.MinValue, int.MaxValue), ("int64", long.MinValue, long.MaxValue),
            ("float32", int.MinValue, int.MaxValue),
        ];
        foreach ((string type, long low, long high) in types)
        {
            yield return Of($"tload of {type}", "push 1 / push 2 / tload t / emit / push 0 / push 0 / tload t / emit", type, $"{high} {low}", low,
                1, 0, 3, 4, high);
            yield return Of(
                $"tstore of {type}",
                $"push {low} / push 0 / push 1 / tstore t / push {high} / push 1 / push 2 / tstore t / push 0 / push 1 / tload t / emit",
                type, $"{low}", 9, 9, 9, 9, 9, 9) with
            {
                KnownSlots = [Content("t", type, 9, low, 9, 9, 9, high)],
            };
            if (type != "int64")
            {
                yield return Of($"tstore below {type}", $"push {low - 1} / push 0 / push 0 / tstore t", type, "ElementOutOfRange", 1, 2, 3, 4, 5, 6);
                yield return Of($"tstore above {type}", $"push {high + 1} / push 0 / push 0 / tstore t", type, "ElementOutOfRange", 1, 2, 3, 4, 5, 6);
            }
        }

        yield return Of("tstore of a NaN keeps its bits", "push -4119739 / push 0 / push 0 / tstore t / push 0 / push 0 / tload t / emit",
            "float32", "-4119739", new long[6]);
        string[] places = ["-1 0", "2 0", "0 -1", "0 3", $"{long.MinValue} 0", $"0 {long.MaxValue}", "4294967296 0", "0 4294967296"];
        foreach (string place in places)
        {
            string pushes = string.Join(" / ", place.Split(' ').Select(word => "push " + word));
            yield return Of($"tload at {place}", $"{pushes} / tload t / emit", "int32", "ArgumentOutOfRange", new long[6]);
            yield return Of($"tstore at {place}", $"push 1 / {pushes} / tstore t", "int32", "ArgumentOutOfRange", new long[6]);
        }

        yield return Of("tstore checks the place before the value", "push 1000 / push 9 / push 0 / tstore t", "int8", "ArgumentOutOfRange",
            new long[6]);
        yield return VectorSource.Of("tload of an input", "push 0 / push 0 / tload t / emit -> 5", ".slot input t uint8 1 1",
            Tensor("t", "uint8", 1, 1, 5));
        yield return VectorSource.Of("tload of an input that is not set", "push 0 / push 0 / tload t / emit -> InputMissing",
            ".slot input t uint8 1 1");
        yield return VectorSource.Of("tload checks the input before the place", "push 9 / push 0 / tload t / emit -> InputMissing",
            ".slot input t uint8 1 1");
        yield return VectorSource.Of("tload of a fresh slot", "push 0 / push 0 / tload t / emit -> 0", ".slot scratch t int64 1 1");
    }

    public static IEnumerable<VectorSource> MatMulFile()
    {
        // [1 2 3; 4 5 6] times [7 8; 9 10; 11 12] is [58 64; 139 154].
        foreach (string flags in new[] { "nn", "nt", "tn", "tt" })
        {
            yield return Product($"matmul {flags} of int8", flags, "int8", "int32", v => v);
            yield return Product($"matmul {flags} of fp32", flags, "float32", "float32", v => BitConverter.SingleToInt32Bits(v));
        }

        yield return Product("matmul that may be tile work", "nnw", "int8", "int32", v => v);
        yield return Dot("matmul of the extremes", "int8", "int32", [-64, -64, 63], [-64, 63, 63],
            "None") with
        { KnownSlots = [Content("c", "int32", 4096 - 4032 + 3969)] };
        yield return Dot("matmul with 64 in a", "int8", "int32", [1, 64, 1], [1, 1, 1], "ElementOutOfRange");
        yield return Dot("matmul with -65 in a", "int8", "int32", [1, 1, -65], [1, 1, 1], "ElementOutOfRange");
        yield return Dot("matmul with 64 in b", "int8", "int32", [1, 1, 1], [64, 1, 1], "ElementOutOfRange");
        yield return Dot("matmul with -128 in b", "int8", "int32", [1, 1, 1], [1, -128, 1], "ElementOutOfRange");
        yield return Dot("matmul without a", "int8", "int32", [], [1, 1, 1], "InputMissing");
        yield return Dot("matmul without b", "float32", "float32", [1, 1, 1], [], "InputMissing");
        long one = BitConverter.SingleToInt32Bits(1);
        (long infinity, long nan, long negativeZero) = (0x7F800000, unchecked((int)0xFFC12345), int.MinValue);
        yield return Dot("matmul of a NaN gives the canonical one", "float32", "float32", [one, nan, one], [one, one, one], "None") with
        {
            KnownSlots = [Content("c", "float32", 0x7FC00000)],
        };
        yield return Dot("matmul of infinity and zero", "float32", "float32", [infinity, one, one], [0, one, one], "None") with
        {
            KnownSlots = [Content("c", "float32", 0x7FC00000)],
        };
        yield return Dot("matmul starts at +0", "float32", "float32", [negativeZero, negativeZero, negativeZero], [one, one, one], "None") with
        {
            KnownSlots = [Content("c", "float32", 0)],
        };

        // 2^24 + 1 + 1: each sum rounds to 2^24; the other order gives 2^24 + 2.
        yield return Dot("matmul adds in the order of k", "float32", "float32", [0x4B800000, one, one], [one, one, one], "None") with
        {
            KnownSlots = [Content("c", "float32", 0x4B800000)],
        };
        yield return Dot("matmul adds in the order of k, small first", "float32", "float32", [one, one, 0x4B800000], [one, one, one], "None") with
        {
            KnownSlots = [Content("c", "float32", 0x4B800001)],
        };

        // (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 if the product is not rounded.
        long near = BitConverter.SingleToInt32Bits(1 + (1 / 4096f));
        yield return Dot("matmul fuses", "float32", "float32", [BitConverter.SingleToInt32Bits(-1 - (1 / 2048f)), near, 0], [one, near, 0],
            "None") with
        {
            KnownSlots = [Content("c", "float32", BitConverter.SingleToInt32Bits(1 / 16777216f))],
        };
    }

    public static IEnumerable<VectorSource> MemCopyFile()
    {
        yield return Copy("memcopy", "1 2 2", [1, 2, 50, 60, 70, 80]);
        yield return Copy("memcopy of all", "0 1 3", [30, 40, 50, 60, 70, 80]);
        yield return Copy("memcopy of nothing", "3 4 0", [1, 2, 3, 4, 5, 6]);
        string[] bad = ["-1 0 1", "0 -1 1", "0 0 -1", "4 0 0", "0 5 0", "2 0 2", "0 3 2", "0 0 4", $"0 0 {long.MaxValue}",
            $"{long.MaxValue} {long.MaxValue} {long.MaxValue}", $"{long.MinValue} 0 1", "4294967296 0 1"];
        foreach (string arguments in bad)
        {
            yield return Copy($"memcopy {arguments}", arguments, null);
        }

        yield return Copy("memcopy of the source that is not set", "0 0 1", null) with { Tensors = [], KnownTrap = VmTrap.InputMissing };
        yield return Copy("memcopy with gas for its bytes", "0 0 3", [10, 20, 30, 40, 50, 60]) with { GasLimit = 3 + 64 + 2 + 1 };
        yield return Copy("memcopy without gas for its bytes", "0 0 3", null) with { GasLimit = 3 + 64 + 1, KnownTrap = VmTrap.None };
        yield return Copy("memcopy without gas for its base", "0 0 3", null) with { GasLimit = 3 + 63, KnownTrap = VmTrap.None };
        foreach ((string name, string arguments, long[] after) in new[]
        {
            ("memcopy downwards within a slot", "0 1 3", new long[] { 2, 3, 4, 4 }),
            ("memcopy upwards within a slot", "1 0 3", [1, 1, 2, 3]),
            ("memcopy of a slot onto itself", "0 0 4", [1, 2, 3, 4]),
        })
        {
            yield return VectorSource.Of(name, $"{Pushes(arguments)} / memcopy d d -> ", ".slot state d int64 4 1",
                Tensor("d", "int64", 4, 1, 1, 2, 3, 4)) with
            {
                KnownSlots = [Content("d", "int64", after)],
            };
        }

        foreach (string type in new[] { "int8", "uint8", "int64", "float32" })
        {
            long nan = type == "float32" ? 0x7F800001 : 99;
            yield return VectorSource.Of(
                $"memcopy of {type}", "push 1 / push 0 / push 1 / memcopy d s -> ", $".slot output d {type} 2 3\n.slot input s {type} 1 3",
                Tensor("s", type, 1, 3, 1, nan, 3)) with
            {
                KnownSlots = [Content("d", type, 0, 0, 0, 1, nan, 3)],
            };
        }
    }

    private static string Pushes(string words) => string.Join(" / ", words.Split(' ').Select(word => "push " + word));

    private static VectorSource Of(string name, string line, string type, string known, params long[] values) =>
        VectorSource.Of(name, $"{line} -> {known}", $".slot state t {type} 2 3", Tensor("t", type, 2, 3, values));

    private static VectorSource Product(string name, string flags, string type, string resultType, Func<long, long> number)
    {
        (int rowsA, int columnsA, long[] a) = flags[0] == 'n' ? (2, 3, new long[] { 1, 2, 3, 4, 5, 6 }) : (3, 2, [1, 4, 2, 5, 3, 6]);
        (int rowsB, int columnsB, long[] b) = flags[1] == 'n' ? (3, 2, new long[] { 7, 8, 9, 10, 11, 12 }) : (2, 3, [7, 9, 11, 8, 10, 12]);
        string declarations = $".slot output c {resultType} 2 2\n.slot input a {type} {rowsA} {columnsA}\n.slot input b {type} {rowsB} {columnsB}";
        VectorTensor[] operands = [Tensor("a", type, rowsA, columnsA, a.Select(number)), Tensor("b", type, rowsB, columnsB, b.Select(number))];
        return VectorSource.Of(name, $"matmul c a b {flags} -> ", declarations, operands) with
        {
            KnownSlots = [Content("c", resultType, [.. new long[] { 58, 64, 139, 154 }.Select(number)])],
        };
    }

    private static VectorSource Dot(string name, string type, string resultType, long[] a, long[] b, string known)
    {
        string declarations = $".slot output c {resultType} 1 1\n.slot input a {type} 1 3\n.slot input b {type} 3 1";
        List<VectorTensor> operands = [];
        if (a.Length > 0)
        {
            operands.Add(Tensor("a", type, 1, 3, a));
        }

        if (b.Length > 0)
        {
            operands.Add(Tensor("b", type, 3, 1, b));
        }

        return VectorSource.Of(name, "matmul c a b nn", declarations, [.. operands]).Expecting(known);
    }

    private static VectorSource Copy(string name, string arguments, long[]? after)
    {
        VectorSource source = VectorSource.Of(
            name, $"{Pushes(arguments)} / memcopy d s", TwoSlots, Tensor("d", "int32", 3, 2, 1, 2, 3, 4, 5, 6),
            Tensor("s", "int32", 4, 2, 10, 20, 30, 40, 50, 60, 70, 80));
        return after is null
            ? source with { KnownTrap = VmTrap.ArgumentOutOfRange }
            : source with { KnownTrap = VmTrap.None, KnownSlots = [Content("d", "int32", after)] };
    }
}
