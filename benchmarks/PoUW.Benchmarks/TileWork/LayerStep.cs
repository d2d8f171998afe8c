using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.TileWork;

/// <summary>
/// The products of one training step of a square layer: Y = X W, dX = dY W^T, dW = X^T dY. All three tensors are new at every step, as in
/// training, so a miner has to hash each once a step: one commitment a product.
/// </summary>
internal sealed class LayerStep
{
    /// <summary>Products of a step.</summary>
    public const int Products = 3;

    private readonly int _size;
    private readonly Tensor _x;
    private readonly Tensor _w;
    private readonly Tensor _dy;
    private readonly Tensor _result;
    private int _steps;

    /// <summary>Makes the tensors.</summary>
    /// <param name="size">Edge of all matrices.</param>
    /// <param name="type">Int8 or Float32.</param>
    public LayerStep(int size, TensorType type)
    {
        _size = size;
        _x = Random(size, type, 1);
        _w = Random(size, type, 2);
        _dy = Random(size, type, 3);
        _result = new Tensor(type == TensorType.Int8 ? TensorType.Int32 : TensorType.Float32, size, size);
    }

    /// <summary>Runs a step.</summary>
    public void Run(ITensorBackend backend)
    {
        // Enough to make the contents new: the compares find it at the very end. A low byte of a number, of little weight in fp32.
        _steps++;
        foreach (Tensor tensor in (ReadOnlySpan<Tensor>)[_x, _w, _dy])
        {
            tensor.Bytes[^4] = (byte)(_steps % 61);
            tensor.Bytes[^8] = (byte)(_steps / 61 % 61);
        }

        backend.MatMul(new MatMulShape(_size, _size, _size, false, false, TileWork: true), _x, _w, _result);
        backend.MatMul(new MatMulShape(_size, _size, _size, false, true, TileWork: true), _dy, _w, _result);
        backend.MatMul(new MatMulShape(_size, _size, _size, true, false, TileWork: true), _x, _dy, _result);
    }

    private static Tensor Random(int size, TensorType type, int seed)
    {
        var random = new Random(seed);
        Tensor tensor = new(type, size, size);
        for (int i = 0; i < tensor.Length; i++)
        {
            int value = random.Next(-63, 64);
            if (type == TensorType.Int8)
            {
                tensor.Int8[i] = (sbyte)value;
            }
            else
            {
                tensor.Float32[i] = value / 64f;
            }
        }

        return tensor;
    }
}
