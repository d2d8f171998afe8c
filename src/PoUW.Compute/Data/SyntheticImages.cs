using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Data;

/// <summary>Small artificial data sets that a perceptron can learn, for samples and tests. Integer only: the same on every machine.</summary>
public static class SyntheticImages
{
    private const ulong PatternStream = 1;
    private const ulong NoiseStream = 2;
    private const int Bright = 176;
    private const int Dark = 48;
    private const int NoiseRange = 80;

    /// <summary>
    /// Every class has a random pattern of bright and dark pixels; every sample is its class's pattern plus uniform noise. Labels take
    /// turns.
    /// </summary>
    /// <param name="classes">2 to 256.</param>
    /// <param name="count">Samples.</param>
    /// <param name="side">Images are side x side, 1 to 256.</param>
    /// <param name="seed">Selects patterns.</param>
    /// <param name="firstSample">Sample number of the first one: a disjoint range gives a test set with the same patterns.</param>
    public static Dataset Create(int classes, int count, int side, ulong seed, int firstSample = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(classes, 256);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, 256);
        int pixels = side * side;
        byte[] images = new byte[pixels * count];
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++)
        {
            int sample = firstSample + i;
            int label = sample % classes;
            labels[i] = (byte)label;
            for (int p = 0; p < pixels; p++)
            {
                uint pattern = Philox4x32.Block(seed, PatternStream, ((ulong)label << 32) | (uint)p).X0;
                uint noise = Philox4x32.Block(seed, NoiseStream, ((ulong)(uint)sample << 32) | (uint)p).X0;
                int value = ((pattern & 1) != 0 ? Bright : Dark) + Philox4x32.ToRange(noise, NoiseRange);
                images[(i * pixels) + p] = (byte)Math.Clamp(value, 0, byte.MaxValue);
            }
        }

        return ImageDatasets.Create(side, side, 1, images, labels);
    }
}
