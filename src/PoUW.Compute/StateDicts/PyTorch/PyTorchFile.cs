using System.Buffers.Binary;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// PyTorch's files: the archives that torch.save writes since 1.6, read and written, and the older format, read. Nothing of a file is
/// executed: see docs/files.md. Members may be called from any thread.
/// </summary>
public static class PyTorchFile
{
    private const uint ZipMagic = ZipFormat.LocalSignature;
    private const long LegacyVersion = 1001;
    private const int LegacyHead = 32;

    /// <summary>LONG1 with ten bytes of magic number, STOP.</summary>
    private static ReadOnlySpan<byte> LegacyMagic => [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E];

    /// <summary>Reads a file from disk; see <see cref="TryRead"/>. Reading it takes its size in memory once more.</summary>
    public static ValidationResult TryReadFile(string path, PyTorchLimits limits, out PyTorchValue? root)
    {
        root = null;
        ValidationResult result = StateFiles.TryRead(path, limits.MaxFileBytes, out ReadOnlyMemory<byte> bytes);
        return result.IsValid ? TryRead(bytes, limits, out root) : result;
    }

    /// <summary>
    /// Reads a file. Tensors that are contiguous in it are parts of the given memory, which must not change; others are copied. The field
    /// of a failure is an entry of the archive or a part of the older format, with "@" and a byte offset if it is a pickle.
    /// </summary>
    public static ValidationResult TryRead(ReadOnlyMemory<byte> bytes, PyTorchLimits limits, out PyTorchValue? root)
    {
        root = null;
        AllocationBudget budget = new(bytes.Length, limits.AllocationFactor, limits.AllocationSlackBytes);
        if (bytes.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span) == ZipMagic)
        {
            return TryReadArchive(bytes, limits, budget, out root);
        }

        int magic = bytes.Span[..Math.Min(bytes.Length, LegacyHead)].IndexOf(LegacyMagic);
        return magic > 0
            ? TryReadLegacy(bytes, magic + LegacyMagic.Length, limits, budget, out root)
            : ValidationResult.Fail(ValidationCode.UnknownKind, "magic", "The file is neither an archive of torch.save nor of the format before 1.6.");
    }

    /// <summary>
    /// Writes an archive that torch.load reads, with weights_only too if the tree holds what that allows. Equal trees give equal bytes.
    /// Tensors over the same memory share a storage, so tied weights stay tied.
    /// </summary>
    /// <exception cref="StateDictException">The tree is too deep, or the file would have 2 GiB or more.</exception>
    public static void Write(Stream output, PyTorchValue root)
    {
        PickleWriter pickle = new();
        pickle.Write(root);
        TorchArchiveWriter archive = new(output, "archive");
        archive.Add("data.pkl", pickle.Bytes);
        archive.Add("byteorder", "little"u8.ToArray());
        for (int i = 0; i < pickle.Storages.Count; i++)
        {
            archive.Add($"data/{i}", pickle.Storages[i]);
        }

        archive.Add("version", "3\n"u8.ToArray());
        archive.Finish();
    }

    /// <summary>Writes a file; see <see cref="Write"/>. It is complete or absent: it is written beside its place and moved there.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteFile(string path, PyTorchValue root) => StateFiles.Write(path, stream => Write(stream, root));

    private static ValidationResult TryReadArchive(ReadOnlyMemory<byte> bytes, PyTorchLimits limits, AllocationBudget budget, out PyTorchValue? root)
    {
        root = null;
        ValidationResult result = TorchArchive.TryOpen(bytes, limits, budget, out TorchArchive? archive);
        if (!result.IsValid)
        {
            return result;
        }

        if (archive!.Contains("constants.pkl") || archive.ContainsFolder("code/"))
        {
            return ValidationResult.Fail(
                ValidationCode.WrongVersion, "code", "The archive is a TorchScript program; save the state_dict() of the model instead.");
        }

        if (archive.Contains("byteorder"))
        {
            result = archive.TryRead("byteorder", out ReadOnlyMemory<byte> order);
            if (result.IsValid && !order.Span.SequenceEqual("little"u8))
            {
                return ValidationResult.Fail(ValidationCode.WrongVersion, "byteorder", "The file was written big-endian; only little-endian is read.");
            }
        }

        ReadOnlyMemory<byte> pickle = default;
        result = result.IsValid ? archive.TryRead("data.pkl", out pickle) : result;
        if (!result.IsValid)
        {
            return result;
        }

        PickleCalls calls = new(limits, budget, new ArchiveStorages(archive, budget));
        PickleMachine machine = new(pickle, 0, "data.pkl", limits, budget, calls);
        result = machine.Run(out PyTorchValue? tree);
        if (result.IsValid && machine.Position != pickle.Length)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "data.pkl", $"Bytes follow the pickle, which ends at {machine.Position}.");
        }

        root = tree;
        return result;
    }

    /// <summary>Pickles of a version, of facts about the writer's system, of the tree and of the keys of the storages; then the storages.</summary>
    private static ValidationResult TryReadLegacy(
        ReadOnlyMemory<byte> bytes, int start, PyTorchLimits limits, AllocationBudget budget, out PyTorchValue? root)
    {
        root = null;
        LegacyStorages storages = new(budget);
        PickleCalls calls = new(limits, budget, storages);
        string[] names = ["version", "system", "object", "keys"];
        PyTorchValue?[] parts = new PyTorchValue?[names.Length];
        ValidationResult result = ValidationResult.Ok;
        for (int i = 0; i < names.Length; i++)
        {
            PickleMachine machine = new(bytes, start, names[i], limits, budget, calls);
            result = machine.Run(out parts[i]);
            result = result.IsValid ? CheckLegacy(i, parts[i]!) : result;
            if (!result.IsValid)
            {
                return result;
            }

            start = machine.Position;
        }

        result = storages.TryRead(bytes[start..], parts[3]!);
        result = result.IsValid ? calls.TryResolve() : result;
        root = result.IsValid ? parts[2] : null;
        return result;
    }

    private static ValidationResult CheckLegacy(int part, PyTorchValue value) => (part, value) switch
    {
        (0, not PyTorchNumber { Kind: PyTorchNumberKind.Integer }) => ValidationResult.Fail(ValidationCode.WrongVersion, "version", "It is no number."),
        (0, PyTorchNumber number) when number.ToInt64() != LegacyVersion =>
            ValidationResult.Fail(ValidationCode.WrongVersion, "version", $"Version {number} is not read, only {LegacyVersion}."),
        (1, PyTorchDictionary system) when system.TryGet("little_endian", out PyTorchValue? little)
            && little is PyTorchNumber { Kind: PyTorchNumberKind.Boolean } flag && flag.ToBoolean() => ValidationResult.Ok,
        (1, _) => ValidationResult.Fail(ValidationCode.WrongVersion, "system", "The file does not say that it was written little-endian."),
        _ => ValidationResult.Ok,
    };
}
