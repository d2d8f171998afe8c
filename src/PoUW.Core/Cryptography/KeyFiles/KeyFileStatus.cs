namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>What became of the attempt to open a key file.</summary>
public enum KeyFileStatus
{
    /// <summary>The key was decrypted and fits the file's address, if it names one.</summary>
    Ok,

    /// <summary>The file is longer than the limits allow.</summary>
    TooLarge,

    /// <summary>The file is damaged, or no key file: not JSON, a field is missing, or has the wrong form.</summary>
    Malformed,

    /// <summary>The file is well formed, but of a version, or with an algorithm, that is not read here.</summary>
    Unsupported,

    /// <summary>Its key derivation needs more memory or time than the limits allow.</summary>
    TooCostly,

    /// <summary>The password is wrong. A file whose encrypted part was damaged looks the same: the checksum depends on both.</summary>
    WrongPassword,

    /// <summary>The key was decrypted, but belongs to another address than the file names: the file is damaged.</summary>
    WrongAddress,
}
