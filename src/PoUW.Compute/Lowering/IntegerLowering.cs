using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>
/// A pass in lane I: values and errors are Int8 in +-63, each with an exponent that is known when the step runs; sums are Int32.
/// docs/vm.md holds the arithmetic.
/// </summary>
internal sealed class IntegerLowering(PlanWriter plan, bool training, IntegerState state) : ModelLowering(plan, training)
{
    /// <summary>Largest operand of a product.</summary>
    public const int MaxOperand = 63;

    /// <summary>Bits of activations and errors.</summary>
    public const int OperandBits = 6;

    /// <summary>Fraction bits of master weights.</summary>
    public const int MasterBits = 16;

    /// <summary>
    /// Most products in one Int32 sum, as the machine's verifier has it: they are at most 63 * 63 each, so that a bias, which is at most
    /// 63 * 2^16 in a sum, fits beside them.
    /// </summary>
    public const long MaxProducts = (1 << 19) - 1;

    private const int MaxBiasShift = 16;

    private readonly Dictionary<GraphValue, Register> _exponents = [];
    private readonly Dictionary<Parameter, BufferId> _parameterGradients = [];

    /// <summary>The state slots of the model.</summary>
    public IntegerState State { get; } = state;

    /// <summary>True if the backward pass reached a parameter.</summary>
    public bool HasGradient(Parameter parameter) => _parameterGradients.ContainsKey(parameter);

    /// <summary>The Int32 sums of the gradient of a parameter.</summary>
    public BufferId Gradient(Parameter parameter) => _parameterGradients[parameter];

    /// <summary>The exponent of a value: an element q stands for q * 2^exponent.</summary>
    public Register Exponent(GraphValue value) => _exponents[value];

    /// <summary>Says which buffer and which exponent a value has.</summary>
    public void Bind(GraphValue value, BufferId buffer, Register exponent)
    {
        Bind(value, buffer);
        _exponents.Add(value, exponent);
    }

    /// <summary>A new Int8 buffer for a value with an exponent.</summary>
    public BufferId Declare(GraphValue value, Register exponent)
    {
        _exponents.Add(value, exponent);
        return NewBuffer(value, TensorType.Int8);
    }

    /// <summary>The Int8 weights of a parameter: its master weights rounded to +-63.</summary>
    public BufferId Operand(Parameter parameter)
    {
        BufferId master = State.Master(parameter);
        TensorShape shape = Plan.ShapeOf(master);
        BufferId operand = Plan.Scratch(TensorType.Int8, shape.Rows, shape.Columns);
        Plan.WithTemporaries(() => Plan.Tensor(IntegerOps.RequantiseShift, [operand, master], [MaxOperand], Plan.Constant(MasterBits)));
        return operand;
    }

    /// <summary>The output of a layer from its sums and its bias; sums have the exponent of the input plus that of the weights.</summary>
    public void Requantise(GraphOperation operation, Parameter weight, BufferId sum, Parameter? bias)
    {
        BufferId complete = sum;
        if (bias is not null)
        {
            Plan.WithTemporaries(() => complete = AddBias(sum, bias, Exponent(operation.Input)));
        }

        Requantise(operation, complete, Exponent(operation.Input), State.Exponent(weight));
    }

    /// <summary>
    /// The output of an operation from its sums: they are shifted until the largest has six bits, and the shift is added to their exponent.
    /// </summary>
    public void Requantise(GraphOperation operation, BufferId sum, Register inputExponent, int exponent)
    {
        Register outputExponent = Plan.NewRegister();
        BufferId output = Declare(operation.Output, outputExponent);
        Plan.WithTemporaries(() =>
        {
            Register shift = ShiftTo(Plan, sum, OperandBits);
            Plan.Tensor(IntegerOps.RequantiseShift, [output, sum], [MaxOperand], shift);
            Plan.Set(outputExponent, ScalarOp.Add, Plan.Scalar(ScalarOp.Add, inputExponent, exponent), shift);
        });
    }

    /// <summary>Refuses a sum that could leave the Int32 range.</summary>
    /// <param name="operation">Whose sum it is.</param>
    /// <param name="sum">What is summed, as "an output".</param>
    /// <param name="products">How many products one sum has.</param>
    /// <param name="limit">How many it may have.</param>
    /// <param name="remedy">What helps.</param>
    /// <exception cref="ModelException">There are too many.</exception>
    public static void RequireSum(GraphOperation operation, string sum, long products, long limit, string remedy)
    {
        if (products > limit)
        {
            throw operation.Fail($"{sum} sums {products} products, but lane I sums at most {limit} of them safely in 32 bits; {remedy}.");
        }
    }

    /// <summary>How far a tensor must be shifted so that its largest magnitude has so many bits; never below 0.</summary>
    public static Register ShiftTo(PlanWriter plan, BufferId sum, int bits)
    {
        Register width = plan.BitWidth(plan.TensorResult(IntegerOps.MaxAbs, [sum]));
        return plan.Scalar(ScalarOp.Maximum, plan.Scalar(ScalarOp.Subtract, width, bits), 0);
    }

    /// <summary>Adds the error of a value from Int32 sums, if one is needed: they are requantised to six bits.</summary>
    public void AddGradient(GraphValue value, Action<BufferId> writeSums)
    {
        if (!value.RequiresGradient)
        {
            return;
        }

        BufferId sums = Plan.Scratch(TensorType.Int32, value.Rows, value.Columns);
        writeSums(sums);
        BufferId error = Plan.Scratch(TensorType.Int8, value.Rows, value.Columns);
        Plan.WithTemporaries(() => Plan.Tensor(IntegerOps.RequantiseShift, [error, sums], [MaxOperand], ShiftTo(Plan, sums, OperandBits)));
        PassError(value, error);
    }

    /// <summary>Adds the error of a value that is written as Int8, if one is needed.</summary>
    public void AddError(GraphValue value, Action<BufferId> write)
    {
        if (value.RequiresGradient)
        {
            BufferId error = Plan.Scratch(TensorType.Int8, value.Rows, value.Columns);
            write(error);
            PassError(value, error);
        }
    }

    /// <summary>Says which buffer holds the error of a value.</summary>
    /// <exception cref="ModelException">The value has an error already: errors of two consumers have no common scale.</exception>
    public void PassError(GraphValue value, BufferId error)
    {
        if (value.RequiresGradient && !Gradients.TryAdd(value, error))
        {
            throw new ModelException("A value has two consumers, and lane I cannot add their errors; train this model in lane R.", value.Producer!.Scope);
        }
    }

    /// <summary>Adds the gradient of a parameter as Int32 sums.</summary>
    /// <exception cref="ModelException">The parameter is shared.</exception>
    public void AddGradient(Parameter parameter, Action<BufferId> writeSums)
    {
        BufferId sums = Plan.Like(State.Master(parameter));
        writeSums(sums);
        if (!_parameterGradients.TryAdd(parameter, sums))
        {
            throw new ModelException($"The parameter '{State.Names.Of(parameter)}' is shared, which lane I does not train; use lane R.");
        }
    }

    /// <summary>
    /// A bias is the weight of an input that is always 1, so its exponent is that of the weights: in units of the sum its Q16 master is
    /// shifted by minus the exponent of the input.
    /// </summary>
    private BufferId AddBias(BufferId sum, Parameter bias, Register inputExponent)
    {
        BufferId master = State.Master(bias);
        BufferId aligned = Plan.Like(master);
        BufferId complete = Plan.Like(sum);
        Register up = Plan.Scalar(ScalarOp.Subtract, Plan.Constant(0), inputExponent);
        Register left = Plan.Scalar(ScalarOp.Minimum, Plan.Scalar(ScalarOp.Maximum, up, 0), MaxBiasShift);
        Register right = Plan.Scalar(ScalarOp.Minimum, Plan.Scalar(ScalarOp.Maximum, inputExponent, 0), 31 - MasterBits);
        Register factor = Plan.Scalar(ScalarOp.ShiftLeft, Plan.Constant(1), left);
        Plan.Tensor(IntegerOps.ScaleShift, [aligned, master], [], factor, Plan.Scalar(ScalarOp.Add, right, MasterBits));
        Plan.Tensor(IntegerOps.AddRow, [complete, sum, aligned]);
        return complete;
    }
}
