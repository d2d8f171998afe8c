using PoUW.Core.Mempool.Rules;

namespace PoUW.Core.Mempool;

/// <summary>
/// The order in which a pool checks transactions: cheap before dear, and what needs no state before what does.
/// <list type="number">
/// <item><description>Before the signature: known, size, form, expiry, tip, then the host's rules of that stage.</description></item>
/// <item><description>The signature, counted under the rule name <see cref="SignatureName"/>.</description></item>
/// <item><description>After it, under the lock: known (again, since another thread may have been faster), nonce-used, nonce-far,
/// replacement, sender-count, sender-bytes, balance, gap, room, then the host's rules.</description></item>
/// </list>
/// </summary>
public static class AdmissionRules
{
    /// <summary>The name under which bad signatures are counted.</summary>
    public const string SignatureName = "signature";

    /// <summary>The rules of a pool with these options, in order; the signature is verified between the two stages.</summary>
    public static IReadOnlyList<IAdmissionRule> Default(MempoolOptions options)
    {
        IAdmissionRule[] own =
        [
            new KnownRule(AdmissionStage.BeforeSignature), new SizeRule(), new FormRule(), new ExpiryRule(), new TipRule(),
            new KnownRule(AdmissionStage.AfterSignature), new NonceUsedRule(), new NonceFarRule(), new ReplacementRule(),
            new SenderCountRule(), new SenderBytesRule(), new BalanceRule(), new GapRule(), new RoomRule(),
        ];
        return
        [
            .. own.Where(rule => rule.Stage == AdmissionStage.BeforeSignature),
            .. options.Rules.Where(rule => rule.Stage == AdmissionStage.BeforeSignature),
            .. own.Where(rule => rule.Stage == AdmissionStage.AfterSignature),
            .. options.Rules.Where(rule => rule.Stage == AdmissionStage.AfterSignature),
        ];
    }
}
