using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

public sealed class InMemoryChunkStoreTests : ChunkStoreConformance
{
    protected override IChunkStore Create() => new InMemoryChunkStore();
}
