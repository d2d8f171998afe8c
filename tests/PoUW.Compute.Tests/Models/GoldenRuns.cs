using System.Runtime.InteropServices;
using System.Text.Json;
using PoUW.Compute.Runners;
using PoUW.Compute.Tests.StateDicts;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>What Goldens/pytorch/make_gradients.py computed with PyTorch.</summary>
internal static class GoldenRuns
{
    private static readonly Lazy<JsonElement> File = new(static () => JsonDocument.Parse(Goldens.Read("gradients.json")).RootElement);

    /// <summary>One training step and one prediction of each model of <see cref="ModelCases"/>.</summary>
    public static IEnumerable<JsonElement> Cases => File.Value.GetProperty("cases").EnumerateArray();

    /// <summary>Some training steps of LeNet5.</summary>
    public static IEnumerable<JsonElement> Trajectories => File.Value.GetProperty("trajectories").EnumerateArray();

    /// <summary>Sets the weights and buffers that the run started from.</summary>
    public static void SetStart(ModelRunner runner, JsonElement run)
    {
        foreach (JsonProperty tensor in run.GetProperty("start").EnumerateObject())
        {
            float[] numbers = tensor.Value.TryGetProperty("count", out JsonElement count)
                ? GeneratedNumbers.Floats(count.GetInt32(), tensor.Value.GetProperty("seed").GetInt32(), tensor.Value.GetProperty("bound").GetSingle())
                : Numbers(tensor.Value);
            Tensor slot = ModelRuns.Slot(runner, tensor.Name);
            Assert.That(numbers, Has.Length.EqualTo(slot.Length), tensor.Name);
            if (ModelRuns.IsParameter(runner, tensor.Name))
            {
                ModelRuns.Set(runner, tensor.Name, numbers);
            }
            else
            {
                numbers.CopyTo(slot.Float32);
            }
        }
    }

    /// <summary>The largest difference over the largest element.</summary>
    public static double Deviation(ReadOnlySpan<float> found, JsonElement expected)
    {
        float[] numbers = Numbers(expected);
        int stride = expected.TryGetProperty("stride", out JsonElement s) ? s.GetInt32() : 1;
        Assert.That(numbers, Has.Length.EqualTo((found.Length + stride - 1) / stride));
        (double difference, double size) = (0, 1e-30);
        for (int i = 0; i < numbers.Length; i++)
        {
            double error = Math.Abs((double)found[i * stride] - numbers[i]);
            difference = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(difference, error);
            size = Math.Max(size, Math.Abs(numbers[i]));
        }

        return difference / size;
    }

    private static float[] Numbers(JsonElement tensor) => MemoryMarshal.Cast<byte, float>(tensor.GetProperty("data").GetBytesFromBase64()).ToArray();
}
