using System.Numerics;
using PoUW.Core.Accounts;
using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Recovery;

/// <summary>What a reader must see while a block is the head.</summary>
/// <param name="Height">The head's height.</param>
/// <param name="Root">The root of its state.</param>
/// <param name="Work">The work of its chain.</param>
/// <param name="Minted">Coins made so far.</param>
/// <param name="Burned">Coins burned so far.</param>
/// <param name="Accounts">The accounts, in the order of <see cref="CrashNet.Accounts"/>.</param>
internal sealed record CrashOutcome(ulong Height, Hash256 Root, BigInteger Work, Amount Minted, Amount Burned, IReadOnlyList<Account> Accounts);
