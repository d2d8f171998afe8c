namespace PoUW.Sdk.Nodes;

/// <summary>When a node checks its store in full before it starts.</summary>
public enum IntegrityCheckAtStart
{
    /// <summary>Never; only the head is looked at.</summary>
    Never,

    /// <summary>When the store says that it was not closed, that is, after a crash. Stores that cannot tell are not checked.</summary>
    AfterUncleanStop,

    /// <summary>Always. Takes as long as reading the whole chain does.</summary>
    Always,
}
