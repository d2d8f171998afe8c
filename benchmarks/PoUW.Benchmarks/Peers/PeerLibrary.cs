using System.Runtime.InteropServices;

namespace PoUW.Benchmarks.Peers;

/// <summary>Finds native peers.</summary>
internal static class PeerLibrary
{
    /// <summary>Folders of multi-architecture systems, then of others.</summary>
    private static readonly string[] Folders = [Triplet("/usr/lib/", ""), "/usr/lib64", "/usr/lib", "/usr/local/lib", "/opt/homebrew/lib"];

    /// <summary>Loads the first of the names that exists, each given below a system's library folder or as a name for the loader.</summary>
    /// <returns>The handle and the name that it was found by, or null.</returns>
    public static (nint Handle, string Found)? Load(IEnumerable<string> names)
    {
        foreach (string candidate in names.SelectMany(n => Folders.Select(f => Path.Combine(f, n)).Where(File.Exists).Append(n)))
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return (handle, candidate);
            }
        }

        return null;
    }

    /// <summary>The first of the folders below a system's library folder that exists, or null.</summary>
    public static string? Folder(string name) => Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(Directory.Exists);

    private static string Triplet(string before, string after) =>
        $"{before}{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu{after}";
}
