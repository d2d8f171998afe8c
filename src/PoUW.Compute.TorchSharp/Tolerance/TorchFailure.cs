using System.Runtime.InteropServices;
using PoUW.Compute.Tolerance;
using PoUW.Compute.TorchSharp.Backends;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>What libtorch throws, as what engines throw.</summary>
internal static class TorchFailure
{
    /// <exception cref="ToleranceException">The device has no memory for it, or failed.</exception>
    internal static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (ExternalException failure) when (TorchMemory.IsOutOfMemory(failure))
        {
            throw new ToleranceException($"The device has no memory for it: {Line(failure)}") { IsPassing = true };
        }
        catch (Exception failure) when (IsOfDevice(failure))
        {
            throw new ToleranceException($"The device failed: {Line(failure.GetBaseException())}") { IsPassing = true };
        }
    }

    /// <summary>libtorch's own exceptions, those of a device that it lacks, and those of a libtorch that does not load.</summary>
    private static bool IsOfDevice(Exception failure) => failure is ExternalException or TypeInitializationException or DllNotFoundException
        or NotSupportedException or EntryPointNotFoundException or (InvalidOperationException and not ObjectDisposedException);

    private static string Line(Exception failure) => failure.Message.Split('\n')[0];
}
