using System.Buffers.Binary;
using PoUW.Core.Codec;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.State;

/// <summary>
/// The state slots as one canonical byte string, to be cut into chunks and sent to another node: header length (4 bytes little-endian),
/// header (RLP: version, then name, type, rows and columns of each tensor), then the data of the tensors in the same order.
/// </summary>
public static class MachineState
{
    private const int Version = 1;
    private const int MaxHeaderBytes = 1 << 17;

    /// <summary>Encodes tensors in the order given.</summary>
    public static byte[] Encode(IReadOnlyList<(string Name, Tensor Tensor)> state)
    {
        RlpWriter writer = new RlpWriter().BeginList().Write((ulong)Version).BeginList();
        long data = 0;
        foreach ((string name, Tensor tensor) in state)
        {
            writer.BeginList().Write(name).Write((ulong)tensor.Type).Write((ulong)tensor.Rows).Write((ulong)tensor.Columns).EndList();
            data += tensor.Bytes.Length;
        }

        byte[] header = writer.EndList().EndList().Finish();
        byte[] bytes = new byte[4 + header.Length + data];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, header.Length);
        header.CopyTo(bytes, 4);
        int offset = 4 + header.Length;
        foreach ((_, Tensor tensor) in state)
        {
            tensor.Bytes.CopyTo(bytes.AsSpan(offset));
            offset += tensor.Bytes.Length;
        }

        return bytes;
    }

    /// <summary>Decodes a state; sizes are checked against the bytes at hand before anything is allocated.</summary>
    public static ValidationResult TryDecode(
        ReadOnlySpan<byte> bytes, VmLimits limits, out IReadOnlyList<(string Name, Tensor Tensor)>? state)
    {
        state = null;
        if (bytes.Length < 4)
        {
            return Bad("The header is missing.");
        }

        uint headerLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (headerLength > MaxHeaderBytes || headerLength > bytes.Length - 4)
        {
            return Bad($"The header length {headerLength} is out of range.");
        }

        List<VmSlot>? slots = ReadHeader(bytes.Slice(4, (int)headerLength), limits);
        ReadOnlySpan<byte> data = bytes[(4 + (int)headerLength)..];
        if (slots is null)
        {
            return Bad("The header is not canonical.");
        }

        if (slots.Sum(s => s.ByteLength) != data.Length)
        {
            return Bad($"The header describes {slots.Sum(s => s.ByteLength)} bytes of data, but there are {data.Length}.");
        }

        List<(string, Tensor)> tensors = [];
        foreach (VmSlot slot in slots)
        {
            Tensor tensor = new(slot.Type, slot.Rows, slot.Columns);
            data[..tensor.Bytes.Length].CopyTo(tensor.Bytes);
            data = data[tensor.Bytes.Length..];
            tensors.Add((slot.Name, tensor));
        }

        state = tensors;
        return ValidationResult.Ok;
    }

    private static List<VmSlot>? ReadHeader(ReadOnlySpan<byte> bytes, VmLimits limits)
    {
        RlpReader outer = new(bytes);
        RlpReader reader = outer.ReadList();
        ulong version = reader.ReadUInt64();
        RlpReader items = reader.ReadList();
        List<VmSlot> slots = [];
        while (!items.AtEnd && !items.Failed)
        {
            RlpReader item = items.ReadList();
            string name = item.ReadText(limits.MaxNameBytes);
            TensorType type = (TensorType)item.ReadUInt64((ulong)TensorType.Float32);
            int rows = (int)item.ReadUInt64(int.MaxValue);
            int columns = (int)item.ReadUInt64(int.MaxValue);
            VmSlot slot = new(name, type, rows, columns, SlotKind.State);
            bool fits = item.TryFinish() && type != 0 && rows > 0 && columns > 0 && slot.Length <= int.MaxValue
                && slot.ByteLength <= limits.MaxSlotBytes;
            if (!fits || slots.Count == limits.MaxSlots)
            {
                return null;
            }

            slots.Add(slot);
        }

        return version == Version && !items.Failed && reader.TryFinish() && outer.TryFinish() ? slots : null;
    }

    private static ValidationResult Bad(string message) => ValidationResult.Fail(ValidationCode.Malformed, "state", message);
}
