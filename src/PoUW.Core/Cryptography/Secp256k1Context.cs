using System.Runtime.InteropServices;

namespace PoUW.Core.Cryptography;

/// <summary>A context of libsecp256k1; freed when nobody holds it and no call uses it.</summary>
internal sealed class Secp256k1Context : SafeHandle
{
    private readonly Destroy _destroy;

    internal Secp256k1Context(nint context, Destroy destroy)
        : base(0, ownsHandle: true)
    {
        _destroy = destroy;
        SetHandle(context);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate nint Create(uint flags);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void Destroy(nint context);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _destroy(handle);
        return true;
    }
}
