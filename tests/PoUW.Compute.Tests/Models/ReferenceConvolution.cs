using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Tests.Models;

/// <summary>A convolution with its weights; a Linear behind a Flatten is one whose windows are the whole image.</summary>
/// <param name="weight">Master weights (output, channel of the group, ky, kx).</param>
/// <param name="bias">Master weights of the bias, or null.</param>
/// <param name="exponent">Exponent of both.</param>
/// <param name="stride">Pixels between windows.</param>
/// <param name="pad">Zeros around the image.</param>
/// <param name="groups">Groups of channels.</param>
internal sealed class ReferenceConvolution(int[,,,] weight, int[]? bias, int exponent, (int Y, int X) stride, int pad, int groups) : ReferenceLayer
{
    private readonly long[,,,] _gradient = Like(weight);
    private readonly long[] _biasGradient = new long[weight.GetLength(0)];
    private int[,,,] _x = null!;

    public int[,,,] Weight { get; } = weight;

    public int[,,,] Velocity { get; } = new int[weight.GetLength(0), weight.GetLength(1), weight.GetLength(2), weight.GetLength(3)];

    public int[]? Bias { get; } = bias;

    public int[] BiasVelocity { get; } = new int[weight.GetLength(0)];

    public override (int[,,,] Value, int Exponent) Forward(int[,,,] x, int inputExponent)
    {
        _x = x;
        int height = ((x.GetLength(2) + (2 * pad) - Weight.GetLength(2)) / stride.Y) + 1;
        int width = ((x.GetLength(3) + (2 * pad) - Weight.GetLength(3)) / stride.X) + 1;
        long[,,,] sums = new long[x.GetLength(0), Weight.GetLength(0), height, width];
        foreach ((int n, int o, int y, int column) in Positions(sums))
        {
            long aligned = Bias is null ? 0 : ((long)Bias[o] << Math.Clamp(-inputExponent, 0, 16)) >> (16 + Math.Clamp(inputExponent, 0, 15));
            sums[n, o, y, column] = aligned + Taps(o, y, column).Sum(t => (long)Small(o, t.C, t.Ky, t.Kx) * x[n, t.Channel, t.Y, t.X]);
        }

        (int[,,,] value, int shift) = Requantise(sums);
        return (value, inputExponent + exponent + shift);
    }

    public override int[,,,] Backward(int[,,,] error)
    {
        long[,,,] sums = Like(_x);
        Array.Clear(_gradient);
        Array.Clear(_biasGradient);
        foreach ((int n, int o, int y, int column) in Positions(error))
        {
            int e = error[n, o, y, column];
            _biasGradient[o] += e;
            foreach ((int channel, int c, int ky, int kx, int ty, int tx) in Taps(o, y, column))
            {
                _gradient[o, c, ky, kx] += (long)e * _x[n, channel, ty, tx];
                sums[n, channel, ty, tx] += (long)e * Small(o, c, ky, kx);
            }
        }

        return Requantise(sums).Value;
    }

    public override void Update(int rateShift)
    {
        int shift = ShiftOf(_gradient.Cast<long>(), 7);
        foreach ((int o, int c, int ky, int kx) in Positions(Weight))
        {
            (Weight[o, c, ky, kx], Velocity[o, c, ky, kx]) =
                Step(Weight[o, c, ky, kx], Velocity[o, c, ky, kx], _gradient[o, c, ky, kx], shift, rateShift);
        }

        int biasShift = ShiftOf(_biasGradient, 7);
        for (int o = 0; Bias is not null && o < Bias.Length; o++)
        {
            (Bias[o], BiasVelocity[o]) = Step(Bias[o], BiasVelocity[o], _biasGradient[o], biasShift, rateShift);
        }
    }

    private static (int Master, int Velocity) Step(int master, int velocity, long gradient, int shift, int rateShift)
    {
        int g = (int)Math.Clamp(IntegerRounding.Psto((int)gradient, shift), -127, 127);
        int v = velocity - (velocity >> 3) + ((g << rateShift) >> 3);
        return (Math.Clamp(master - v, -(63 << 16), 63 << 16), v);
    }

    private int Small(int o, int c, int ky, int kx) => (int)Math.Clamp(IntegerRounding.RoundShift(Weight[o, c, ky, kx], 16), -63, 63);

    private IEnumerable<(int Channel, int C, int Ky, int Kx, int Y, int X)> Taps(int o, int y, int x)
    {
        int first = o / (Weight.GetLength(0) / groups) * Weight.GetLength(1);
        return from c in Enumerable.Range(0, Weight.GetLength(1))
               from ky in Enumerable.Range(0, Weight.GetLength(2))
               from kx in Enumerable.Range(0, Weight.GetLength(3))
               let ty = (y * stride.Y) - pad + ky
               let tx = (x * stride.X) - pad + kx
               where ty >= 0 && tx >= 0 && ty < _x.GetLength(2) && tx < _x.GetLength(3)
               select (first + c, c, ky, kx, ty, tx);
    }
}
