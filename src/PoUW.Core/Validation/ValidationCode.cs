namespace PoUW.Core.Validation;

/// <summary>Every way in which input can be wrong. Values are stable: they appear in receipts, which are hashed.</summary>
public enum ValidationCode : ushort
{
    /// <summary>Nothing is wrong.</summary>
    Ok = 0,

    // 1-19: any message.

    /// <summary>The bytes are not the canonical encoding of the message.</summary>
    Malformed = 1,

    /// <summary>A size, count or depth limit is exceeded.</summary>
    TooLarge = 2,

    /// <summary>The version is not valid here.</summary>
    WrongVersion = 3,

    /// <summary>The message is for another chain.</summary>
    WrongChain = 4,

    /// <summary>The kind is not known to any module.</summary>
    UnknownKind = 5,

    /// <summary>A number is outside its allowed range.</summary>
    OutOfRange = 6,

    /// <summary>More than this node takes of it now.</summary>
    RateLimited = 7,

    /// <summary>The upgrade of the network that this needs is not active at this height.</summary>
    UpgradeInactive = 8,

    // 20-49: transactions.

    /// <summary>The signature does not match the sender and the content.</summary>
    BadSignature = 20,

    /// <summary>The nonce was used before.</summary>
    NonceTooLow = 21,

    /// <summary>The nonce leaves a gap.</summary>
    NonceTooHigh = 22,

    /// <summary>The sender cannot pay the value and the fee.</summary>
    InsufficientBalance = 23,

    /// <summary>The expiry height has passed.</summary>
    Expired = 24,

    /// <summary>The fee offered is below the minimum.</summary>
    FeeTooLow = 25,

    /// <summary>The transaction is known already.</summary>
    AlreadyKnown = 26,

    /// <summary>The pool is full and the fee does not displace anything.</summary>
    PoolFull = 27,

    /// <summary>The gas limit does not cover the work.</summary>
    OutOfGas = 28,

    // 29-34: valid transactions that this node's pool does not keep; no block has anything to do with them.

    /// <summary>As many transactions or bytes of the sender wait as the pool keeps for one.</summary>
    SenderLimit = 29,

    /// <summary>The transaction expires before it could travel and be mined.</summary>
    ExpiresTooSoon = 30,

    /// <summary>The tip is below what this node asks for.</summary>
    TipTooLow = 31,

    /// <summary>Another transaction with the nonce waits, and this one does not offer enough more.</summary>
    ReplacementTooCheap = 32,

    /// <summary>A nonce before this one is missing, and the pool keeps the rest of its room for transactions that a block could take.</summary>
    BehindGap = 33,

    /// <summary>The transaction is larger than this node's pool takes.</summary>
    TooLargeForPool = 34,

    // 50-89: blocks.

    /// <summary>The parent is not known here.</summary>
    UnknownParent = 50,

    /// <summary>The height is not the parent's plus one.</summary>
    WrongHeight = 51,

    /// <summary>The timestamp is too old or too far in the future.</summary>
    BadTimestamp = 52,

    /// <summary>The difficulty bits are not those that the difficulty rule gives.</summary>
    WrongBits = 53,

    /// <summary>The transaction root does not match the transactions.</summary>
    WrongTransactionRoot = 54,

    /// <summary>The state root is not the one that execution gives.</summary>
    WrongStateRoot = 55,

    /// <summary>The receipts root is not the one that execution gives.</summary>
    WrongReceiptsRoot = 56,

    /// <summary>A transaction in the block cannot be executed there.</summary>
    InvalidTransaction = 57,

    /// <summary>The block contradicts a finalized checkpoint.</summary>
    BelowFinalized = 58,

    /// <summary>The block descends from a block that is known to be invalid.</summary>
    InvalidAncestor = 59,

    /// <summary>The block gas limit is exceeded.</summary>
    BlockGasExceeded = 60,

    /// <summary>The block is at the height of this node's trusted checkpoint and is another one.</summary>
    WrongCheckpoint = 61,

    /// <summary>Too many headers without verified witness are kept for the peer, or for all peers.</summary>
    TooManyUnverified = 62,

    // 90-129: work certificates.

    /// <summary>The certificate does not match the header's commitment.</summary>
    WrongCertificateCommitment = 90,

    /// <summary>The operation's dimensions break a consensus rule.</summary>
    BadWorkShape = 91,

    /// <summary>The tile or segment is outside the operation.</summary>
    BadTile = 92,

    /// <summary>The ticket is above the target.</summary>
    TicketAboveTarget = 93,

    /// <summary>An opened leaf does not belong to the committed matrix.</summary>
    BadOpening = 94,

    /// <summary>An opened operand is outside the allowed range.</summary>
    OperandOutOfRange = 95,

    /// <summary>Padding that must be zero is not.</summary>
    NonZeroPadding = 96,

    /// <summary>The carried tile state is not the one that the operands give.</summary>
    WrongTileState = 97,

    /// <summary>The binding to a lease is not valid here.</summary>
    BadBinding = 98,

    /// <summary>The claimed lease does not exist, or backs no bound tickets.</summary>
    LeaseNotActivated = 99,

    /// <summary>The producer of the block does not hold the claimed lease.</summary>
    NotLeaseHolder = 100,

    /// <summary>The claimed lease is over: its unit was committed, or it expired.</summary>
    LeaseOver = 101,

    /// <summary>The claimed lease was granted too few blocks ago.</summary>
    LeaseTooYoung = 102,

    /// <summary>The claimed step or operation is not part of the lease.</summary>
    UnknownOperation = 103,

    /// <summary>The product of the certificate has another shape than the claimed operation.</summary>
    WrongOperationShape = 104,

    /// <summary>The claimed operation is not due in the block.</summary>
    NotScheduled = 105,

    /// <summary>The claimed operation has won a block before.</summary>
    AlreadyCredited = 106,

    /// <summary>Too many bound blocks in a row.</summary>
    BoundRunTooLong = 107,

    /// <summary>The witness is not there, and no trusted checkpoint vouches for the block.</summary>
    MissingWitness = 108,

    // 130-179: jobs.

    /// <summary>The job manifest breaks a rule.</summary>
    BadManifest = 130,

    /// <summary>The job exists already.</summary>
    JobExists = 131,

    /// <summary>No such job.</summary>
    UnknownJob = 132,

    /// <summary>The job has ended.</summary>
    JobClosed = 133,

    /// <summary>The escrow does not cover the job's units.</summary>
    EscrowTooSmall = 134,

    /// <summary>The sender holds no active lease on the unit.</summary>
    NoLease = 135,

    /// <summary>The unit record does not match the lease.</summary>
    LeaseMismatch = 136,

    /// <summary>The unit has a record already.</summary>
    UnitAlreadyCommitted = 137,

    /// <summary>The worker is registered already.</summary>
    AlreadyRegistered = 138,

    /// <summary>The sender is not a registered worker.</summary>
    NotRegistered = 139,

    /// <summary>The sender may not do this.</summary>
    NotAllowed = 140,

    /// <summary>The unit is not under audit, or not in the phase that the message is for.</summary>
    WrongPhase = 141,

    /// <summary>The sender was not drawn as an auditor of the unit.</summary>
    NotDrawn = 142,

    /// <summary>The opening does not match the commitment.</summary>
    WrongOpening = 143,

    /// <summary>The verdict is none that an auditor of the job can have.</summary>
    BadVerdict = 144,

    // 180-199: stake and finality.

    /// <summary>The stake is below the minimum of the role.</summary>
    StakeTooSmall = 180,

    /// <summary>The account is banned for a while.</summary>
    Banned = 181,

    /// <summary>The coins are not free yet.</summary>
    StillBonded = 182,

    /// <summary>The vote's source or target is not a checkpoint of this chain that can be voted on.</summary>
    BadCheckpoint = 183,

    /// <summary>The evidence proves nothing.</summary>
    BadEvidence = 184,

    /// <summary>The vote or the offence is known already.</summary>
    AlreadyCounted = 185,
}
