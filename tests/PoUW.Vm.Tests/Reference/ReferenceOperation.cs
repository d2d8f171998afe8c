using System.Numerics;

namespace PoUW.Vm.Tests.Reference;

/// <summary>
/// An operation of VECTOROP: how many slots, immediates and arguments the instruction has, and what it does. The body checks arguments and
/// contents before it writes, and gives the value to push or null.
/// </summary>
internal sealed record ReferenceOperation(
    byte Code, string Name, int Slots, int Immediates, int Arguments, Func<ReferenceCall, BigInteger?> Body, bool Pushes = false)
{
    /// <summary>Every operation by code.</summary>
    public static IReadOnlyDictionary<byte, ReferenceOperation> ByCode { get; } = new[]
    {
        ReferenceIntegerOps.All, ReferenceFloatOps.All, ReferenceRowOps.All, ReferenceLearningOps.All, ReferenceDataOps.All, ReferenceImageOps.All,
    }.SelectMany(family => family).ToDictionary(operation => operation.Code);

    /// <summary>An operation that pushes nothing.</summary>
    public static ReferenceOperation Of(byte code, string name, int slots, int immediates, int arguments, Action<ReferenceCall> body) =>
        new(code, name, slots, immediates, arguments, call =>
        {
            body(call);
            return null;
        });
}
