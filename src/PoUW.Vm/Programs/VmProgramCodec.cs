using System.Buffers.Binary;
using PoUW.Core.Codec;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Programs;

/// <summary>The canonical encoding of programs: [version, entries, slots, constants, checkpoints, memory bytes, code].</summary>
internal static class VmProgramCodec
{
    public static byte[] Encode(VmProgram program)
    {
        RlpWriter writer = new RlpWriter().BeginList().Write((ulong)program.Version).BeginList();
        foreach (VmEntryPoint entry in program.EntryPoints)
        {
            writer.BeginList().Write(entry.Name).Write((ulong)entry.Offset).Write((ulong)entry.ParameterCount).EndList();
        }

        writer.EndList().BeginList();
        foreach (VmSlot slot in program.Slots)
        {
            writer.BeginList().Write(slot.Name).Write((ulong)slot.Type).Write((ulong)slot.Rows).Write((ulong)slot.Columns)
                .Write((ulong)slot.Kind).EndList();
        }

        writer.EndList().BeginList();
        Span<byte> number = stackalloc byte[8];
        foreach (long constant in program.Constants)
        {
            BinaryPrimitives.WriteInt64BigEndian(number, constant);
            writer.Write(number);
        }

        writer.EndList().BeginList();
        foreach (string name in program.Checkpoints)
        {
            writer.Write(name);
        }

        return writer.EndList().Write((ulong)program.MemoryBytes).Write(program.Code).EndList().Finish();
    }

    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, VmLimits limits, out VmProgram? program)
    {
        program = null;
        if (bytes.Length > limits.MaxProgramBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, "program", $"The program has {bytes.Length} bytes; the limit is {limits.MaxProgramBytes}.");
        }

        RlpReader outer = new(bytes);
        RlpReader reader = outer.ReadList();
        ulong version = reader.ReadUInt64();
        if (!reader.Failed && version != VmProgram.CurrentVersion)
        {
            return ValidationResult.Fail(ValidationCode.WrongVersion, "version", $"Version {version} is not known.");
        }

        RlpReader entryReader = reader.ReadList();
        ValidationResult result = ReadEntries(ref entryReader, limits, out List<VmEntryPoint> entries);
        RlpReader slotReader = reader.ReadList();
        result = result.IsValid ? ReadSlots(ref slotReader, limits, out List<VmSlot> slots) : Skip(result, out slots);
        RlpReader constantReader = reader.ReadList();
        result = result.IsValid ? ReadConstants(ref constantReader, limits, out List<long> constants) : Skip(result, out constants);
        RlpReader nameReader = reader.ReadList();
        result = result.IsValid ? ReadNames(ref nameReader, limits, out List<string> names) : Skip(result, out names);
        int memoryBytes = (int)reader.ReadUInt64(int.MaxValue);
        ReadOnlySpan<byte> code = reader.ReadBytes(limits.MaxCodeBytes);
        if (!result.IsValid)
        {
            return result;
        }

        if (!reader.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "program", "The bytes are not a canonical program, or the code is too long.");
        }

        program = new VmProgram(entries, slots, constants, names, code, memoryBytes);
        return ValidationResult.Ok;
    }

    private static ValidationResult ReadEntries(ref RlpReader reader, VmLimits limits, out List<VmEntryPoint> entries)
    {
        entries = [];
        while (!reader.AtEnd && !reader.Failed)
        {
            RlpReader item = reader.ReadList();
            string name = item.ReadText(limits.MaxNameBytes);
            int offset = (int)item.ReadUInt64(int.MaxValue);
            int parameters = (int)item.ReadUInt64(byte.MaxValue);
            if (!item.TryFinish() || entries.Count == limits.MaxEntryPoints)
            {
                return Bad("entryPoints");
            }

            entries.Add(new VmEntryPoint(name, offset, parameters));
        }

        return reader.Failed ? Bad("entryPoints") : ValidationResult.Ok;
    }

    private static ValidationResult ReadSlots(ref RlpReader reader, VmLimits limits, out List<VmSlot> slots)
    {
        slots = [];
        while (!reader.AtEnd && !reader.Failed)
        {
            RlpReader item = reader.ReadList();
            string name = item.ReadText(limits.MaxNameBytes);
            TensorType type = (TensorType)item.ReadUInt64((ulong)TensorType.Float32);
            int rows = (int)item.ReadUInt64(int.MaxValue);
            int columns = (int)item.ReadUInt64(int.MaxValue);
            SlotKind kind = (SlotKind)item.ReadUInt64((ulong)SlotKind.Scratch);
            if (!item.TryFinish() || type == 0 || kind == 0 || rows == 0 || columns == 0 || slots.Count == limits.MaxSlots)
            {
                return Bad("slots");
            }

            slots.Add(new VmSlot(name, type, rows, columns, kind));
        }

        return reader.Failed ? Bad("slots") : ValidationResult.Ok;
    }

    private static ValidationResult ReadConstants(ref RlpReader reader, VmLimits limits, out List<long> constants)
    {
        constants = [];
        while (!reader.AtEnd && !reader.Failed)
        {
            ReadOnlySpan<byte> bytes = reader.ReadFixed(8);
            if (reader.Failed || constants.Count == limits.MaxConstants)
            {
                return Bad("constants");
            }

            constants.Add(BinaryPrimitives.ReadInt64BigEndian(bytes));
        }

        return reader.Failed ? Bad("constants") : ValidationResult.Ok;
    }

    private static ValidationResult ReadNames(ref RlpReader reader, VmLimits limits, out List<string> names)
    {
        names = [];
        while (!reader.AtEnd && !reader.Failed)
        {
            names.Add(reader.ReadText(limits.MaxNameBytes));
            if (names.Count > limits.MaxCheckpoints)
            {
                return Bad("checkpoints");
            }
        }

        return reader.Failed ? Bad("checkpoints") : ValidationResult.Ok;
    }

    private static ValidationResult Skip<T>(ValidationResult result, out List<T> empty)
    {
        empty = [];
        return result;
    }

    private static ValidationResult Bad(string field) =>
        ValidationResult.Fail(ValidationCode.Malformed, field, $"The {field} are not canonical, or there are too many.");
}
