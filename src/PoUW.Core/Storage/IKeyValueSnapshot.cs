namespace PoUW.Core.Storage;

/// <summary>
/// A store as it was at one moment, between two batches. It never changes while the store moves on, and holds resources until it is
/// disposed of: keep it for a backup or a scan, not for ever. It ends with its store.
/// </summary>
public interface IKeyValueSnapshot : IKeyValueReader, IDisposable;
