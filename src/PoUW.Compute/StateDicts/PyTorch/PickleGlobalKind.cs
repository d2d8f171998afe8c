namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>What a name of the white list stands for.</summary>
internal enum PickleGlobalKind
{
    OrderedDict,
    RebuildTensor,
    RebuildTensor2,
    RebuildTensor3,
    RebuildParameter,
    RebuildFromType,
    Size,
    Device,
    TensorClass,
    Storage,
    UntypedStorage,
}
