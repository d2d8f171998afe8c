using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data;

/// <summary>Images with one label byte each, as data sets.</summary>
public static class ImageDatasets
{
    /// <summary>Column of the pixels: UInt8 [rows, columns, channels], the channels of a pixel beside one another (HWC).</summary>
    public const string Images = "images";

    /// <summary>Column of the labels: UInt8 [1].</summary>
    public const string Labels = "labels";

    /// <summary>Creates a set. A record is the pixels of an image and its label byte.</summary>
    /// <param name="rows">Rows of an image.</param>
    /// <param name="columns">Columns of an image.</param>
    /// <param name="channels">Bytes of a pixel: 1 for grey, 3 for RGB.</param>
    /// <param name="images">The images one after the other, each row by row.</param>
    /// <param name="labels">One byte an image.</param>
    /// <exception cref="ArgumentException">The lengths do not match, a size is below 1, or there is nothing.</exception>
    public static Dataset Create(int rows, int columns, int channels, ReadOnlyMemory<byte> images, ReadOnlyMemory<byte> labels) =>
        Dataset.FromColumns([(ImageColumn(rows, columns, channels), images), (LabelColumn, labels)]);

    /// <summary>The column of images of a size.</summary>
    internal static DatasetColumn ImageColumn(int rows, int columns, int channels) => new(Images, TensorType.UInt8, [rows, columns, channels]);

    /// <summary>The column of labels.</summary>
    internal static DatasetColumn LabelColumn { get; } = new(Labels, TensorType.UInt8, [1]);
}
