using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PoUW.Compute.StateDicts;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Tolerance;

/// <summary>The states of lane T, defined once for all engines: which tensors there are, and the bits of those before the first step. Stateless, any thread.</summary>
public static class ToleranceState
{
    /// <summary>What the names of momentum tensors begin with.</summary>
    public const string MomentumPrefix = "momentum.";

    private const int FractionBits = 23;
    private const int UnusedBits = 8;

    /// <summary>
    /// The state before the first step. A trained tensor of at least two dimensions is uniform in +-1/sqrt(inputs of a neuron): its element 4 b + k is word k of block b of
    /// Philox4x32-10 under the seed, in the stream that the first 8 bytes of the name's SHA-256 are (little-endian). One of fewer dimensions is 0, or 1 if its name
    /// ends with "weight". Momentum is 0. Only exact operations and single correctly rounded ones, so the bits are the same on every machine.
    /// </summary>
    /// <param name="parameters">Names and shapes of the trained tensors, in any order.</param>
    /// <param name="buffers">The other tensors as the module makes them.</param>
    /// <param name="momentum">Momentum of the recipe; there are no momentum tensors if it is 0.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="ArgumentException">Two tensors share a name.</exception>
    public static StateDict Initial(
        IEnumerable<(string Name, IReadOnlyList<long> Shape)> parameters, IEnumerable<KeyValuePair<string, StateTensor>> buffers, float momentum, ulong seed)
    {
        List<KeyValuePair<string, StateTensor>> tensors = [.. buffers];
        foreach ((string name, IReadOnlyList<long> shape) in parameters)
        {
            float[] values = Parameter(name, shape, seed);
            tensors.Add(new(name, StateTensor.FromFloat32(values, [.. shape])));
            if (momentum > 0)
            {
                tensors.Add(new(MomentumPrefix + name, StateTensor.FromFloat32(new float[values.Length], [.. shape])));
            }
        }

        return Ordered(tensors);
    }

    /// <summary>The tensors in the ordinal order of their names, in which all engines give them.</summary>
    /// <exception cref="ArgumentException">Two tensors share a name.</exception>
    public static StateDict Ordered(IEnumerable<KeyValuePair<string, StateTensor>> tensors) => new(tensors.OrderBy(static item => item.Key, StringComparer.Ordinal));

    /// <summary>Fails if a state has not the names, types and shapes of another, or numbers that are not finite.</summary>
    /// <exception cref="ToleranceException">What is wrong, naming the tensor.</exception>
    public static void Require(StateDict state, StateDict like)
    {
        foreach ((string name, StateTensor expected) in like)
        {
            if (!state.TryGet(name, out StateTensor? tensor))
            {
                throw new ToleranceException($"The state has no '{name}'.");
            }

            if (tensor.Type != expected.Type || !tensor.Shape.SequenceEqual(expected.Shape))
            {
                throw new ToleranceException($"'{name}' is {tensor}, not {expected}.");
            }
        }

        if (state.Count != like.Count)
        {
            throw new ToleranceException($"The module has no '{state.Names.First(name => !like.Contains(name))}'.");
        }

        RequireFinite(state);
    }

    /// <summary>Fails if a number of a state is not finite.</summary>
    /// <exception cref="ToleranceException">It names the tensor.</exception>
    public static void RequireFinite(StateDict state)
    {
        foreach ((string name, StateTensor tensor) in state)
        {
            if (tensor.Type == StateTensorType.Float32 && !IsFinite(MemoryMarshal.Cast<byte, float>(tensor.Data.Span)))
            {
                throw new ToleranceException($"'{name}' has numbers that are not finite.");
            }
        }
    }

    private static bool IsFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    private static float[] Parameter(string name, IReadOnlyList<long> shape, ulong seed)
    {
        float[] values = new float[shape.Aggregate(1L, static (product, size) => product * size)];
        if (shape.Count < 2)
        {
            Array.Fill(values, name.EndsWith("weight", StringComparison.Ordinal) ? 1f : 0f);
            return values;
        }

        ulong stream = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        float bound = 1f / MathF.Sqrt(shape.Skip(1).Aggregate(1L, static (product, size) => product * size));
        Span<uint> words = stackalloc uint[4];
        for (int i = 0; i < values.Length; i++)
        {
            if (i % words.Length == 0)
            {
                (words[0], words[1], words[2], words[3]) = Philox4x32.Block(seed, stream, (ulong)(i / words.Length));
            }

            float unit = MathF.ScaleB(words[i % words.Length] >> UnusedBits, -FractionBits) - 1;
            values[i] = unit * bound;
        }

        return values;
    }
}
