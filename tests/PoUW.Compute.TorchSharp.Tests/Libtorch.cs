using PoUW.Compute.TorchSharp.Devices;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Tests;

/// <summary>The native library that these tests run on. The package has one for each system; an old system may lack what it needs.</summary>
internal static class Libtorch
{
    private static readonly TorchDiscovery Found = Discover();

    /// <summary>The devices of this machine, for tests that run on each; the processor, on which they are then skipped, if there are none.</summary>
    public static IEnumerable<TorchDevice> Devices => Found.Devices.Count > 0 ? Found.Devices : [TorchDevice.Cpu];

    /// <summary>Skips a test on a machine on which libtorch does not load, unless POUW_REQUIRE_LIBTORCH=1.</summary>
    public static void OrSkip()
    {
        if (Found.Devices.Count > 0)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("POUW_REQUIRE_LIBTORCH") == "1")
        {
            Assert.Fail(Found.Problem!);
        }

        Assert.Ignore(Found.Problem!);
    }

    private static TorchDiscovery Discover()
    {
        TorchDiscovery found = TorchDiscovery.Run();
        if (found.Devices.Count > 0)
        {
            torch.set_num_threads(1); // Its threads spin, and other tests run beside these.
        }

        return found;
    }
}
