using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

public sealed class InMemoryKeyValueStoreTests : KeyValueStoreConformance
{
    protected override IKeyValueStore Create() => new InMemoryKeyValueStore();
}
