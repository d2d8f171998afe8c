namespace PoUW.Vm.Programs;

/// <summary>Who may write a slot and whether its content is committed. Values are part of the program encoding.</summary>
public enum SlotKind : byte
{
    /// <summary>Provided by the host; the program may only read it.</summary>
    Input = 1,

    /// <summary>Kept between runs and covered by the state root.</summary>
    State = 2,

    /// <summary>Written by the program for the host; not committed.</summary>
    Output = 3,

    /// <summary>Working memory; nobody outside reads it.</summary>
    Scratch = 4,
}
