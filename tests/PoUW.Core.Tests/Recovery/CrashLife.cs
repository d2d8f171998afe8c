namespace PoUW.Core.Tests.Recovery;

/// <summary>One life of the process that imports.</summary>
/// <param name="Acknowledged">How many blocks of the script are acknowledged, counted from the first of the script.</param>
/// <param name="Opened">True if it said that the store is open.</param>
/// <param name="Killed">True if it was killed; false if it ended by itself.</param>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="LastLine">The last whole line that it wrote.</param>
internal sealed record CrashLife(int Acknowledged, bool Opened, bool Killed, int ExitCode, string LastLine);
