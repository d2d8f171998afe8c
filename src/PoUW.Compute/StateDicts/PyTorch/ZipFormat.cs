namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Signatures and sizes of the records of zip archives (PKWARE, APPNOTE.TXT).</summary>
internal static class ZipFormat
{
    public const uint LocalSignature = 0x04034B50;
    public const uint CentralSignature = 0x02014B50;
    public const uint EndSignature = 0x06054B50;
    public const uint End64Signature = 0x06064B50;
    public const uint Locator64Signature = 0x07064B50;
    public const int LocalBytes = 30;
    public const int CentralBytes = 46;
    public const int EndBytes = 22;
    public const int End64Bytes = 56;
    public const int Locator64Bytes = 20;

    /// <summary>Flags: encrypted, sizes follow the data, names are UTF-8.</summary>
    public const int Encrypted = 1;
    public const int SizesBehind = 8;
    public const int Utf8Names = 0x800;
}
