namespace PoUW.Core.Mempool;

/// <summary>When an admission rule is asked.</summary>
public enum AdmissionStage
{
    /// <summary>
    /// Before the signature is verified, outside of the pool's lock, possibly on several threads at once: the sender is only claimed, so the
    /// context does not name it.
    /// </summary>
    BeforeSignature,

    /// <summary>After the signature, under the pool's lock: sender, account and the pool's content are known. The rule must return soon.</summary>
    AfterSignature,
}
