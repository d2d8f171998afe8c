using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Graphs;

/// <summary>
/// One operation of a model: its shape rule is in the constructor of the derived class, its two lanes are the methods below. Operations
/// are written backwards in the reverse order of the model, each exactly once, and only those that a parameter needs.
/// </summary>
internal abstract class GraphOperation
{
    protected GraphOperation(string name, IReadOnlyList<GraphValue> inputs, params IReadOnlyList<Parameter> parameters)
    {
        (Name, Inputs, Parameters, Scope) = (name, inputs, parameters, inputs[0].Graph.Scope);
        RequiresGradient = parameters.Count > 0 || inputs.Any(static input => input.RequiresGradient);
    }

    /// <summary>Name for messages, as PyTorch calls the module or function.</summary>
    public string Name { get; }

    /// <summary>Path of the module that made it.</summary>
    public string Scope { get; }

    public IReadOnlyList<GraphValue> Inputs { get; }

    public IReadOnlyList<Parameter> Parameters { get; }

    public GraphValue Output { get; private set; } = null!;

    public bool RequiresGradient { get; }

    /// <summary>The first input.</summary>
    public GraphValue Input => Inputs[0];

    /// <summary>Lane I: the exponent of weights unless the spec or the place in the model says otherwise.</summary>
    public virtual int IntegerExponent => -10;

    /// <summary>Lane R: computes the output; keeps what the backward pass needs.</summary>
    public abstract void Forward(FloatLowering lowering);

    /// <summary>Lane R: adds the gradients of parameters and of the inputs that need one.</summary>
    public abstract void Backward(FloatLowering lowering);

    /// <summary>Lane I, as <see cref="Forward(FloatLowering)"/>.</summary>
    /// <exception cref="ModelException">There is no integer form.</exception>
    public virtual void Forward(IntegerLowering lowering) => throw NoIntegerForm();

    /// <summary>Lane I, as <see cref="Backward(FloatLowering)"/>.</summary>
    /// <exception cref="ModelException">There is no integer form.</exception>
    public virtual void Backward(IntegerLowering lowering) => throw NoIntegerForm();

    /// <summary>A failure of this operation.</summary>
    public ModelException Fail(string message) => new($"{Name}: {message}", Scope);

    /// <summary>Sets the output; constructors end with it.</summary>
    protected void Produces(IReadOnlyList<int> shape, ElementKind kind = ElementKind.Real, ImageFeatures? features = null)
    {
        Output = new GraphValue(Input.Graph, shape, kind, this, features);
        Input.Graph.Add(this);
    }

    /// <summary>Refuses inputs that are not numbers or have another rank.</summary>
    protected void RequireReal(GraphValue value, params ReadOnlySpan<int> ranks)
    {
        if (value.Kind != ElementKind.Real)
        {
            throw Fail($"the input {value} holds indices; an Embedding turns them into numbers.");
        }

        if (!ranks.IsEmpty && !ranks.Contains(value.Rank))
        {
            throw Fail($"the input {value} has {value.Rank} dimensions; it must have {string.Join(" or ", ranks.ToArray())}.");
        }
    }

    /// <summary>Windows on the images of a value (rank 4); not checked.</summary>
    protected static PoolingGeometry WindowsOf(GraphValue images, Extent2d kernelSize, Extent2d stride, Extent2d padding) => new(
        images.Batch, images.Shape[2], images.Shape[3], kernelSize.Height, kernelSize.Width, stride.Height, stride.Width, padding.Height, padding.Width);

    /// <summary>Refuses a parameter with another number of dimensions.</summary>
    protected void RequireRank(Parameter parameter, int rank)
    {
        if (parameter.Shape.Count != rank)
        {
            throw Fail($"the parameter of shape ({string.Join(", ", parameter.Shape)}) has {parameter.Shape.Count} dimensions; it must have {rank}.");
        }
    }

    private ModelException NoIntegerForm() => Fail("there is no integer form (lane I); train this model in lane R.");
}
