namespace TrainLocally;

/// <summary>What is trained.</summary>
internal enum ModelKind
{
    Mlp,
    Cnn,
    Transformer,
}
