using System.Security.Cryptography;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>
/// Runs seeded random calls of every operation on backends and compares each result bit for bit with the definition. The calls depend
/// on the seed alone, so the digests of two machines must be equal. Not thread-safe.
/// </summary>
/// <param name="seed">Chooses the cases.</param>
/// <param name="backends">The backends under test, which all get the same calls.</param>
public sealed class BackendConformance(ulong seed, params IReadOnlyList<ITensorBackend> backends)
{
    /// <summary>Name of the integer product in reports.</summary>
    public const string IntegerProduct = "matmul_int8";

    /// <summary>Name of the fp32 product in reports.</summary>
    public const string FloatProduct = "matmul_f32";

    private readonly ScalarBackend _definition = new();

    /// <summary>The names that <see cref="Run"/> takes: both products and every operation.</summary>
    public static IReadOnlyList<string> Operations { get; } =
        [IntegerProduct, FloatProduct, .. TensorOps.All.Select(static op => op.Name)];

    /// <summary>Runs cases of one operation.</summary>
    /// <exception cref="ArgumentException">There is no such operation.</exception>
    public ConformanceReport Run(string operation, int cases)
    {
        TensorOp? op = TensorOps.Find(operation);
        if (op is null && !Operations.Contains(operation))
        {
            throw new ArgumentException($"There is no operation '{operation}'.", nameof(operation));
        }

        // Every operation has its own stream of cases, so that a new operation leaves those of the others alone.
        CaseRandom random = new(seed ^ BitConverter.ToUInt64(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(operation))));
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? mismatch = null;
        for (int i = 0; i < cases && mismatch is null; i++)
        {
            bool adversarial = i % 2 == 1;
            mismatch = op is null
                ? Product(random, digest, operation == FloatProduct, adversarial)
                : Operation(random, digest, op, adversarial);
        }

        return new ConformanceReport(operation, cases, Convert.ToHexStringLower(digest.GetHashAndReset()), mismatch);
    }

    private string? Operation(CaseRandom random, IncrementalHash digest, TensorOp op, bool adversarial)
    {
        TensorCase given = CaseGenerator.Create(random, op, adversarial);
        TensorCase expected = given.Copy();
        VmTrap trap = op.CheckCall(given.Call);
        TensorShape[] shapes = [.. given.Operands.Select(static t => new TensorShape(t.Type, t.Rows, t.Columns))];
        string? problem = op.Check(new TensorCallShape(shapes, given.Immediates));
        if (trap != VmTrap.None || problem is not null)
        {
            throw new InvalidOperationException($"The generated case of '{op}' is not valid: {trap} {problem} {given}");
        }

        long expectedResult = op.Execute(expected.Call);
        digest.AppendData(BitConverter.GetBytes(expectedResult));
        foreach (Tensor tensor in expected.Operands)
        {
            digest.AppendData(tensor.Bytes);
        }

        for (int i = 0; i < backends.Count; i++)
        {
            TensorCase own = i == backends.Count - 1 ? given : given.Copy();
            string text = own.ToString();
            if (backends[i].Run(op, own.Call) != expectedResult || !Equal(own.Operands, expected.Operands))
            {
                return $"backend {i}: {text}";
            }
        }

        return null;
    }

    private static bool Equal(Tensor[] left, Tensor[] right) =>
        left.Zip(right).All(static pair => pair.First.Bytes.SequenceEqual(pair.Second.Bytes));

    private string? Product(CaseRandom random, IncrementalHash digest, bool isFloat, bool adversarial)
    {
        int limit = random.Chance(10) ? 300 : 70;
        MatMulShape shape = new(
            random.Range(1, limit), random.Range(1, limit), random.Range(1, limit), random.Chance(50), random.Chance(50));
        Tensor a = Stored(shape.M, shape.K, shape.TransposeA);
        Tensor b = Stored(shape.K, shape.N, shape.TransposeB);
        TensorType type = isFloat ? TensorType.Float32 : TensorType.Int32;
        Tensor expected = new(type, shape.M, shape.N);
        Tensor actual = new(type, shape.M, shape.N);
        _definition.MatMul(shape, a, b, expected);
        digest.AppendData(expected.Bytes);
        for (int i = 0; i < backends.Count; i++)
        {
            actual.Bytes.Fill(0xA5);
            backends[i].MatMul(shape, a, b, actual);
            if (!actual.Bytes.SequenceEqual(expected.Bytes))
            {
                return $"backend {i}: {shape}";
            }
        }

        return null;

        Tensor Stored(int rows, int columns, bool transposed)
        {
            (int r, int c) = transposed ? (columns, rows) : (rows, columns);
            return isFloat
                ? CaseTensors.Create(random, TensorType.Float32, r, c, adversarial)
                : CaseTensors.Operand(random, r, c, adversarial);
        }
    }
}
