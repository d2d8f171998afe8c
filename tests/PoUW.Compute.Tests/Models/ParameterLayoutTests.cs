using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;
using PoUW.Compute.Modules;

namespace PoUW.Compute.Tests.Models;

/// <summary>How one parameter that several operations use comes to lie in memory.</summary>
public sealed class ParameterLayoutTests
{
    private static readonly SameLayout Rows = new(7, 8);
    private static readonly LinearLayout Columns = new(8, 7, null);

    [Test]
    public void A_parameter_lies_as_its_only_operation_likes_it_best() => Assert.That(Settle([Columns, Rows]), Is.EqualTo(Columns));

    [Test]
    public void A_shared_parameter_lies_as_all_operations_can_take_it_in_any_order()
    {
        Assert.That(Settle([Columns, Rows], [Rows]), Is.EqualTo(Rows));
        Assert.That(Settle([Rows], [Columns, Rows]), Is.EqualTo(Rows));
        Assert.That(Settle([Columns, Rows], [Columns, Rows]), Is.EqualTo(Columns));
    }

    [Test]
    public void A_parameter_without_a_common_layout_is_refused() =>
        Assert.That(() => Settle([Columns], [Rows]), Throws.TypeOf<ModelException>().With.Message.Contains("shape (7, 8)"));

    private static ParameterLayout Settle(params IReadOnlyList<ParameterLayout>[] uses)
    {
        ModelGraph graph = new(new ReLU());
        Parameter parameter = new([7, 8], Initialiser.Zeros);
        foreach (IReadOnlyList<ParameterLayout> use in uses)
        {
            graph.Use(parameter, use);
        }

        return graph.LayoutOf(parameter);
    }
}
