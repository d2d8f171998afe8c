using System.Runtime.InteropServices;

namespace PoUW.Benchmarks.Peers;

/// <summary>Integer products of oneDNN with one thread. Not thread-safe.</summary>
public sealed unsafe class OneDnn
{
    /// <summary>The peer's name where it is absent.</summary>
    public const string ShortName = "oneDNN";

    private const byte No = (byte)'N';
    private const byte Yes = (byte)'T';
    private const byte FixedOffset = (byte)'F';

    private static readonly string[] Names = ["libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", "libdnnl.dylib", "dnnl.dll"];

    private readonly delegate* unmanaged<
        byte, byte, byte, long, long, long, float, sbyte*, long, sbyte, sbyte*, long, sbyte, float, int*, long, int*, int> _multiply;

    private OneDnn(nint library)
    {
        _multiply = (delegate* unmanaged<
            byte, byte, byte, long, long, long, float, sbyte*, long, sbyte, sbyte*, long, sbyte, float, int*, long, int*, int>)
            NativeLibrary.GetExport(library, "dnnl_gemm_s8s8s32");
        var version = (delegate* unmanaged<int*>)NativeLibrary.GetExport(library, "dnnl_version");
        int* numbers = version();
        Description = $"{ShortName} {numbers[0]}.{numbers[1]}.{numbers[2]}";
    }

    /// <summary>Name and version.</summary>
    public string Description { get; }

    /// <summary>Loads the library with one thread and names it on standard error; null where it is not installed.</summary>
    public static OneDnn? TryLoad()
    {
        PeerEnvironment.Clean();
        if (PeerLibrary.Load(Names) is not { } found)
        {
            Console.Error.WriteLine("oneDNN is absent");
            return null;
        }

        // Another peer may have brought libgomp in before the environment was cleaned; the call holds in any case.
        if (PeerLibrary.Load(["libgomp.so.1"]) is { } openMp && NativeLibrary.TryGetExport(openMp.Handle, "omp_set_num_threads", out nint set))
        {
            ((delegate* unmanaged<int, void>)set)(1);
        }

        var library = new OneDnn(found.Handle);
        Console.Error.WriteLine($"{library.Description} from {found.Found}");
        return library;
    }

    /// <summary>C = op(A) * op(B), row-major without gaps, no offsets; op(A) is M x K and op(B) is K x N.</summary>
    /// <exception cref="InvalidOperationException">The library refused.</exception>
    public void Multiply(int m, int k, int n, sbyte* a, sbyte* b, int* c, bool transposeA = false, bool transposeB = false)
    {
        int noOffset = 0;
        int status = _multiply(
            transposeA ? Yes : No, transposeB ? Yes : No, FixedOffset, m, n, k, 1, a, transposeA ? m : k, 0, b, transposeB ? k : n, 0, 0, c, n,
            &noOffset);
        if (status != 0)
        {
            throw new InvalidOperationException($"oneDNN refused the product with status {status}.");
        }
    }
}
