using TorchSharp;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// Settings that libtorch keeps for the whole process. Whoever computes holds the setting that it was tested with until it is done: those who want the same
/// one compute at once, those who want another wait.
/// </summary>
internal static class TorchSettings
{
    // libtorch has one flag a process, hence one gate.
    private static readonly SettingGate Tf32 = new(static allow =>
    {
        torch.backends.cuda.matmul.allow_tf32 = allow;
        torch.backends.cudnn.allow_tf32 = allow;
    });

    /// <summary>Waits until TF32 can be as wanted, and keeps it so until the result is disposed of. Not to be nested with different settings.</summary>
    internal static IDisposable Hold(bool tf32) => Tf32.Enter(tf32);

    /// <summary>The same for a product on a device; only CUDA has TF32.</summary>
    internal static IDisposable? Hold(torch.Device device, bool tf32) => device.type == DeviceType.CUDA ? Tf32.Enter(tf32) : null;
}
