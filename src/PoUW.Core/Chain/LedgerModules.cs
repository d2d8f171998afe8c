using PoUW.Core.Ledger;
using PoUW.Core.Transactions;

namespace PoUW.Core.Chain;

/// <summary>The modules of one network in a fixed order, and which one owns which transaction kind. Immutable.</summary>
public sealed class LedgerModules
{
    private readonly ILedgerModule?[] _byKind = new ILedgerModule?[256];

    /// <summary>Takes the modules of a network; transfers are added in front.</summary>
    /// <exception cref="ArgumentException">Two modules share a name or a kind, or a name is reserved.</exception>
    public LedgerModules(IReadOnlyList<ILedgerModule> modules)
    {
        InOrder = [new TransferModule(), .. modules];
        HashSet<string> names = new(StringComparer.Ordinal) { "core", "acct" };
        foreach (ILedgerModule module in InOrder)
        {
            if (module.Name.Contains('/', StringComparison.Ordinal) || !names.Add(module.Name))
            {
                throw new ArgumentException($"The module name '{module.Name}' is reserved, taken or contains '/'.", nameof(modules));
            }

            Register(module);
        }
    }

    /// <summary>All modules in the order in which they end a block.</summary>
    public IReadOnlyList<ILedgerModule> InOrder { get; }

    /// <summary>The module that executes a kind, or null.</summary>
    public ILedgerModule? Find(TransactionKind kind) => _byKind[(byte)kind];

    private void Register(ILedgerModule module)
    {
        foreach (TransactionKind kind in module.Kinds)
        {
            if (_byKind[(byte)kind] is { } other)
            {
                throw new ArgumentException($"Both '{other.Name}' and '{module.Name}' own the transaction kind {kind}.");
            }

            _byKind[(byte)kind] = module;
        }
    }
}
