using System.Globalization;
using PoUW.Core.Storage;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>
/// The process that is killed: applies numbered batches for ever and says the number of each once it is applied. Batch n writes n under every key of its
/// group, some long values, and deletes what batch n - 5 added, so half a batch would show.
/// </summary>
internal static class KillChild
{
    public const int Keys = 12;
    public const int Groups = 5;

    private const int LongValue = 1_500_000;

    public static int Main(string[] arguments)
    {
        using LiteDbKeyValueStore store = new(arguments[0]);
        for (int number = Read(store) + 1; ; number++)
        {
            store.Apply(Batch(number));
            Console.WriteLine(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The number of the last batch; 0 before the first.</summary>
    public static int Read(IKeyValueReader store) => store.Get("last"u8) is { } last ? BitConverter.ToInt32(last) : 0;

    /// <summary>What is wrong in a store whose last batch is this one; null if nothing is.</summary>
    public static string? Problem(IKeyValueReader store, int last)
    {
        for (int number = Math.Max(1, last - Groups + 1); number <= last; number++)
        {
            KeyValuePair<byte[], byte[]>[] pairs = [.. store.ScanPrefix([(byte)(number % Groups)])];
            if (pairs.Length != Keys || pairs.Any(pair => BitConverter.ToInt32(pair.Value) != number || pair.Value.Length != Length(pair.Key[1], number)))
            {
                return $"the pairs of batch {number} are not whole";
            }
        }

        return null;
    }

    private static WriteBatch Batch(int number)
    {
        WriteBatch batch = new WriteBatch().Put("last"u8, BitConverter.GetBytes(number));
        for (byte key = 0; key < Keys; key++)
        {
            byte[] value = new byte[Length(key, number)];
            BitConverter.TryWriteBytes(value, number);
            batch.Put([(byte)(number % Groups), key], value);
        }

        return batch;
    }

    private static int Length(int key, int number) => key == 0 && number % 7 == 0 ? LongValue : 4 + (((key * 977) + (number * 131)) % 3000);
}
