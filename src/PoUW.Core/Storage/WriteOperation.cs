namespace PoUW.Core.Storage;

/// <summary>One write of a batch.</summary>
/// <param name="Key">The key, up to 1,024 bytes.</param>
/// <param name="Value">The new value, or null to delete the key.</param>
public readonly record struct WriteOperation(byte[] Key, byte[]? Value);
