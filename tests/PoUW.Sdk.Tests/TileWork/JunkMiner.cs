using PoUW.Compute.Backends;
using PoUW.Compute.TileWork;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Sdk.Tests.TileWork;

/// <summary>Draws a unit's tickets on operands that it makes up, of the right shapes; the program's own results are right all the same.</summary>
internal sealed class JunkMiner(TileWorkBackend miner) : IUnitBackend
{
    private readonly Random _random = new(7);
    private readonly CpuBackend _plain = new();

    public void BeginUnit(UnitOperations unit) => miner.BeginUnit(unit);

    public void EndUnit() => miner.EndUnit();

    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        if (shape.TileWork)
        {
            Tensor result = new(c.Type, c.Rows, c.Columns);
            miner.MatMul(shape, Junk(a), Junk(b), result);
        }

        _plain.MatMul(shape, a, b, c);
    }

    public long Run(TensorOp operation, in TensorCall call) => _plain.Run(operation, call);

    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _plain.MemCopy(rows, destination, source);

    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _plain.Checkpoint(name, state);

    private Tensor Junk(Tensor like)
    {
        Tensor junk = new(like.Type, like.Rows, like.Columns);
        foreach (ref sbyte value in junk.Int8)
        {
            value = (sbyte)_random.Next(-63, 64);
        }

        return junk;
    }
}
