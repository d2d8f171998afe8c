using System.Numerics;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>Folds the snapshots of a tile to its state.</summary>
internal static class SnapshotFold
{
    /// <summary>The fold of TW1.</summary>
    public static uint[] Xor(IEnumerable<int[]> snapshots)
    {
        uint[] state = new uint[TileWorkParameters.StateWords];
        foreach (int[] sums in snapshots)
        {
            TileFold.Snapshot(sums, state);
        }

        return state;
    }

    /// <summary>A fold with a weakness: it adds the accumulators modulo 2^32 where TW1 takes their exclusive or.</summary>
    public static uint[] Sum(IEnumerable<int[]> snapshots)
    {
        uint[] state = new uint[TileWorkParameters.StateWords];
        foreach (int[] sums in snapshots)
        {
            uint[] words = new uint[state.Length];
            for (int i = 0; i < sums.Length; i++)
            {
                words[i % words.Length] = unchecked(words[i % words.Length] + (uint)sums[i]);
            }

            Step(state, words);
        }

        return state;
    }

    /// <summary>Mixes the folded words of one snapshot into the state, as TW1 does.</summary>
    public static void Step(uint[] state, ReadOnlySpan<uint> words)
    {
        for (int j = 0; j < state.Length; j++)
        {
            state[j] = BitOperations.RotateLeft(state[j], TileWorkParameters.StateRotation) ^ words[j];
        }
    }
}
