namespace PoUW.Compute.Graphs;

/// <summary>
/// How a parameter of PyTorch's shape lies in the matrix that the kernels use. A bijection between the elements in PyTorch's row-major
/// order and the elements of the matrix, row-major. Equal by value.
/// </summary>
internal abstract record ParameterLayout(int Rows, int Columns)
{
    /// <summary>Elements.</summary>
    public int Length => checked(Rows * Columns);

    /// <summary>Place in the matrix of PyTorch's element.</summary>
    public abstract int PlaceOf(int element);

    /// <summary>Brings elements from PyTorch's order into the matrix's.</summary>
    public void ToMatrix<T>(ReadOnlySpan<T> elements, Span<T> matrix)
    {
        for (int i = 0; i < elements.Length; i++)
        {
            matrix[PlaceOf(i)] = elements[i];
        }
    }

    /// <summary>Brings elements from the matrix into PyTorch's order.</summary>
    public void FromMatrix<T>(ReadOnlySpan<T> matrix, Span<T> elements)
    {
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = matrix[PlaceOf(i)];
        }
    }
}

/// <summary>The matrix is PyTorch's; a vector is one row.</summary>
internal sealed record SameLayout(int Rows, int Columns) : ParameterLayout(Rows, Columns)
{
    public override int PlaceOf(int element) => element;
}

/// <summary>Weights of a Linear: PyTorch has (outputs, inputs), the matrix inputs x outputs; inputs may be a flattened image.</summary>
internal sealed record LinearLayout(int Inputs, int Outputs, ImageFeatures? Image) : ParameterLayout(Inputs, Outputs)
{
    public override int PlaceOf(int element)
    {
        (int output, int input) = Math.DivRem(element, Inputs);
        return ((Image is { } image ? image.PlaceOf(input) : input) * Outputs) + output;
    }
}

/// <summary>Weights of a Conv2d: PyTorch has (outputs, channels of a group, ky, kx), the matrix (ky, kx, channel) x outputs.</summary>
internal sealed record ConvolutionLayout(int Outputs, int GroupChannels, int KernelHeight, int KernelWidth)
    : ParameterLayout(KernelHeight * KernelWidth * GroupChannels, Outputs)
{
    public override int PlaceOf(int element)
    {
        int taps = KernelHeight * KernelWidth;
        (int rest, int tap) = Math.DivRem(element, taps);
        (int output, int channel) = Math.DivRem(rest, GroupChannels);
        return (((tap * GroupChannels) + channel) * Outputs) + output;
    }
}
