using TorchSharp;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// Settings that libtorch keeps for the whole process. A product sets what it was tested with before it runs; whether TF32 is on changes no bit of
/// an integer product on a device that passed both self-tests.
/// </summary>
internal static class TorchSettings
{
    internal static void AllowTf32(torch.Device device, bool allow)
    {
        if (device.type == DeviceType.CUDA && torch.backends.cuda.matmul.allow_tf32 != allow)
        {
            torch.backends.cuda.matmul.allow_tf32 = allow;
        }
    }
}
