namespace PoUW.Compute.Graphs;

/// <summary>The image whose flattened pixels are the features of a value. PyTorch orders them (channel, y, x), memory (y, x, channel).</summary>
internal readonly record struct ImageFeatures(int Channels, int Height, int Width)
{
    /// <summary>Place in memory of PyTorch's feature.</summary>
    public int PlaceOf(int feature)
    {
        int pixels = Height * Width;
        return (feature % pixels * Channels) + (feature / pixels);
    }
}
