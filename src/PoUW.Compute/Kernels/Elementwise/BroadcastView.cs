using PoUW.Compute.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>
/// How a matrix with broadcast operands is cut into segments of consecutive elements, each with one row of every operand. Operands that
/// need no cut make one segment of the whole matrix. A narrow row that is repeated is written several times in a row first, so that a
/// segment has whole vectors.
/// </summary>
internal unsafe ref struct BroadcastView
{
    private const int Operands = 2;
    private const int Narrow = 256;
    private const int Wanted = 512;
    private const int Room = Narrow + Wanted;

    private readonly KernelContext _context;
    private readonly Tensor _target;
    private readonly bool _cut;
    private readonly int _copies;
    private int _written;

    /// <summary>Plans the segments.</summary>
    /// <param name="context">Gives memory for repeated rows: the scratch of participant 0.</param>
    /// <param name="target">The whole matrix.</param>
    /// <param name="operands">What is broadcast to it.</param>
    public BroadcastView(KernelContext context, Tensor target, params ReadOnlySpan<Tensor> operands)
    {
        (_context, _target, _copies, _written) = (context, target, 1, 0);
        bool columns = false;
        foreach (Tensor operand in operands)
        {
            _cut |= IsRow(operand) || IsColumn(operand);
            columns |= IsColumn(operand);
        }

        if (_cut && !columns && target.Columns < Narrow)
        {
            _copies = Math.Min(target.Rows, (Wanted + target.Columns - 1) / target.Columns);
        }
    }

    /// <summary>Elements of a segment.</summary>
    public readonly nint Columns => _cut ? (nint)_target.Columns * _copies : _target.Length;

    /// <summary>An operand as the segments see it.</summary>
    /// <param name="operand">The operand.</param>
    /// <param name="data">Its elements.</param>
    public BroadcastOperand Operand(Tensor operand, float* data)
    {
        if (IsColumn(operand))
        {
            return new BroadcastOperand(data, 1, repeated: true);
        }

        if (IsRow(operand))
        {
            return new BroadcastOperand(_copies == 1 ? data : Repeat(data), 0, repeated: false);
        }

        bool one = operand.Length == 1;
        return new BroadcastOperand(data, one ? 0 : Columns, one);
    }

    private float* Repeat(float* row)
    {
        float* copies = _context.Scratch(0, Operands * Room) + (_written++ * Room);
        for (int i = 0; i < _copies; i++)
        {
            new ReadOnlySpan<float>(row, _target.Columns).CopyTo(new Span<float>(copies + (i * _target.Columns), _target.Columns));
        }

        return copies;
    }

    private readonly bool IsRow(Tensor operand) => operand.Rows == 1 && operand.Columns > 1 && _target.Rows > 1;

    private readonly bool IsColumn(Tensor operand) => operand.Columns == 1 && operand.Rows > 1 && _target.Columns > 1;
}
