using System.Collections;
using System.Runtime.InteropServices;

namespace PoUW.Benchmarks.Peers;

/// <summary>
/// Frees peers from variables that choose their kernels or threads: OPENBLAS_CORETYPE, for one, halves OpenBLAS where it names an older
/// processor. Native libraries read the C environment, which .NET copies at start and never writes back, so that one is changed too.
/// </summary>
public static class PeerEnvironment
{
    private static readonly string[] Prefixes = ["OPENBLAS_", "GOTO_", "OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_", "ATEN_"];

    /// <summary>True for variables that a peer would read at its disadvantage.</summary>
    public static bool Steers(string variable) => Prefixes.Any(p => variable.StartsWith(p, StringComparison.Ordinal));

    /// <summary>
    /// Removes those variables from this process and limits OpenMP to one thread. Call before the first peer is loaded, since libraries
    /// read them once; calling again changes nothing. Names on standard error what it removed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The C environment refused.</exception>
    public static void Clean()
    {
        string[] found = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => (string)e.Key).Where(Steers).Order(StringComparer.Ordinal)];
        foreach (string name in found)
        {
            Environment.SetEnvironmentVariable(name, null);
            Check(OperatingSystem.IsWindows() ? 0 : unsetenv(name), name);
        }

        Check(OperatingSystem.IsWindows() ? 0 : setenv("OMP_NUM_THREADS", "1", 1), "OMP_NUM_THREADS");
        if (found.Length > 0)
        {
            Console.Error.WriteLine($"removed from the environment of all peers: {string.Join(", ", found)}");
        }
    }

    private static void Check(int result, string name)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"The C environment refused the change of {name}.");
        }
    }

    [DllImport("libc", ExactSpelling = true)]
    private static extern int unsetenv([MarshalAs(UnmanagedType.LPStr)] string name);

    [DllImport("libc", ExactSpelling = true)]
    private static extern int setenv(
        [MarshalAs(UnmanagedType.LPStr)] string name, [MarshalAs(UnmanagedType.LPStr)] string value, int overwrite);
}
