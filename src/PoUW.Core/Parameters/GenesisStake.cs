using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.Parameters;

/// <summary>A stake that exists from the start, so that a network has voters in its first epoch.</summary>
public sealed record GenesisStake(Address Address, Amount Amount, StakeRoles Roles);
