using PoUW.Core.Accounts;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>A transaction whose signature is good, with its sender's account at the head that was current then.</summary>
internal readonly record struct Candidate(Transaction Transaction, Address Sender, Account Account, ChainHead Head);
