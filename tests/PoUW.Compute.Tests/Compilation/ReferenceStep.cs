using PoUW.Compute.Data;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Tests.Compilation;

/// <summary>One training step of a model with one layer, written from the formulas. The batch is the whole set, so its order is free.</summary>
internal static class ReferenceStep
{
    private const int InputExponent = -6;
    private const int WeightExponent = -7;
    private const int RateShift = 12;

    public static (int[] Master, int Correct) Run(Dataset data, int[] master)
    {
        int inputs = data.Column(ImageDatasets.Images).Width;
        int classes = master.Length / inputs;
        int[,] logits = new int[data.Count, classes];
        long largest = 0;
        for (int i = 0; i < data.Count; i++)
        {
            for (int j = 0; j < classes; j++)
            {
                for (int p = 0; p < inputs; p++)
                {
                    int weight = (int)Math.Clamp(IntegerRounding.RoundShift(master[(p * classes) + j], 16), -63, 63);
                    logits[i, j] += (data.Value(i, ImageDatasets.Images)[p] >> 2) * weight;
                }

                largest = Math.Max(largest, Math.Abs(logits[i, j]));
            }
        }

        int shift = Math.Max(IntegerRounding.BitWidth(largest) - 6, 0);
        int[] gradient = new int[master.Length];
        int correct = 0;
        for (int i = 0; i < data.Count; i++)
        {
            int[] row = [.. Enumerable.Range(0, classes).Select(j => (int)Math.Clamp(IntegerRounding.RoundShift(logits[i, j], shift), -63, 63))];
            correct += Array.IndexOf(row, row.Max()) == data.Value(i, ImageDatasets.Labels)[0] ? 1 : 0;
            long[] powers = [.. row.Select(o => SoftmaxBase2.Power(SoftmaxBase2.Log2Power(o, row.Max(), InputExponent + WeightExponent + shift)))];
            for (int j = 0; j < classes; j++)
            {
                int g = (int)((powers[j] << 11) / powers.Sum()) - (j == data.Value(i, ImageDatasets.Labels)[0] ? 2048 : 0);
                int error = (int)Math.Clamp(IntegerRounding.Psto(g, 5), -63, 63);
                for (int p = 0; p < inputs; p++)
                {
                    gradient[(p * classes) + j] += (data.Value(i, ImageDatasets.Images)[p] >> 2) * error;
                }
            }
        }

        int gradientShift = Math.Max(IntegerRounding.BitWidth(gradient.Max(g => Math.Abs((long)g))) - 7, 0);
        int[] updated = [.. gradient.Select((g, i) => Update(master[i], (int)Math.Clamp(IntegerRounding.Psto(g, gradientShift), -127, 127)))];
        return (updated, correct);
    }

    /// <summary>The first update: the velocity was zero.</summary>
    private static int Update(int master, int gradient) => Math.Clamp(master - ((gradient << RateShift) >> 3), -(63 << 16), 63 << 16);
}
