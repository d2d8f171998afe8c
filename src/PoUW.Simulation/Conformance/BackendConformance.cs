using System.Security.Cryptography;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>
/// Runs seeded random calls of every operation on a backend and compares each result bit for bit with the definition. The calls depend
/// on the seed alone, so the digests of two machines must be equal. Not thread-safe.
/// </summary>
/// <param name="backend">The backend under test.</param>
/// <param name="seed">Chooses the cases.</param>
public sealed class BackendConformance(ITensorBackend backend, ulong seed)
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

        string text = given.ToString();
        long expectedResult = op.Execute(expected.Call);
        long result = backend.Run(op, given.Call);
        digest.AppendData(BitConverter.GetBytes(result));
        bool equal = result == expectedResult;
        for (int i = 0; i < given.Operands.Length; i++)
        {
            digest.AppendData(given.Operands[i].Bytes);
            equal &= given.Operands[i].Bytes.SequenceEqual(expected.Operands[i].Bytes);
        }

        return equal ? null : text;
    }

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
        actual.Bytes.Fill(0xA5);
        _definition.MatMul(shape, a, b, expected);
        backend.MatMul(shape, a, b, actual);
        digest.AppendData(actual.Bytes);
        return actual.Bytes.SequenceEqual(expected.Bytes) ? null : shape.ToString();

        Tensor Stored(int rows, int columns, bool transposed)
        {
            (int r, int c) = transposed ? (columns, rows) : (rows, columns);
            return isFloat
                ? CaseTensors.Create(random, TensorType.Float32, r, c, adversarial)
                : CaseTensors.Operand(random, r, c, adversarial);
        }
    }
}
