using System.Runtime.InteropServices;

namespace PoUW.Benchmarks.Peers;

/// <summary>Single-precision products of OpenBLAS. Not thread-safe.</summary>
public sealed unsafe class OpenBlas
{
    /// <summary>The peer's name where it is absent.</summary>
    public const string ShortName = "OpenBLAS";

    private const int RowMajor = 101;
    private const int NoTranspose = 111;
    private const int Transpose = 112;

    // The pthread build comes first: with one thread both are alike, and it does not share libgomp's threads with other peers.
    private static readonly string[] Names =
    [
        "openblas-pthread/libopenblas.so.0", "openblas-openmp/libopenblas.so.0", "openblas-serial/libopenblas.so.0",
        "libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas.dll",
    ];

    private readonly delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> _multiply;
    private readonly delegate* unmanaged<int, void> _setThreads;

    private OpenBlas(nint library, string path)
    {
        _multiply = (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)
            NativeLibrary.GetExport(library, "cblas_sgemm");
        _setThreads = (delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "openblas_set_num_threads");
        var core = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "openblas_get_corename");
        var config = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "openblas_get_config");
        Core = Marshal.PtrToStringUTF8(core()) ?? "unknown";
        string[] words = (Marshal.PtrToStringUTF8(config()) ?? ShortName).Split(' ');
        Description = $"{string.Join(' ', words.Take(2))} {Core}";
        Path = path;
        SetThreads(1);
    }

    /// <summary>The processor family whose kernels the library chose, such as Cooperlake or Haswell.</summary>
    public string Core { get; }

    /// <summary>Name, version and core.</summary>
    public string Description { get; }

    /// <summary>Where it was found.</summary>
    public string Path { get; }

    /// <summary>Loads the library with one thread and names it on standard error; null where it is not installed.</summary>
    public static OpenBlas? TryLoad()
    {
        PeerEnvironment.Clean();
        if (PeerLibrary.Load(Names) is not { } found)
        {
            Console.Error.WriteLine("OpenBLAS is absent");
            return null;
        }

        var blas = new OpenBlas(found.Handle, found.Found);
        Console.Error.WriteLine($"{blas.Description} from {blas.Path}");
        return blas;
    }

    /// <summary>Sets the number of threads of later products.</summary>
    public void SetThreads(int threads) => _setThreads(threads);

    /// <summary>C = op(A) * op(B), row-major without gaps; op(A) is M x K and op(B) is K x N.</summary>
    public void Multiply(int m, int k, int n, float* a, float* b, float* c, bool transposeA = false, bool transposeB = false) =>
        _multiply(
            RowMajor, transposeA ? Transpose : NoTranspose, transposeB ? Transpose : NoTranspose, m, n, k, 1, a, transposeA ? m : k, b,
            transposeB ? k : n, 0, c, n);
}
