using System.Reflection;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Tests.Nodes;

/// <summary>Two nodes in one process may share what their options pass to both, and immutable values; nothing else.</summary>
[TestFixture]
public sealed class NodeIsolationTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task No_two_nodes_can_reach_one_mutable_object(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 1, validators: 1);
        while (network.Nodes.Any(node => node.View.Height < 2))
        {
            await network.Client.WaitForChangeAsync(network.Client.View, cancellation);
        }

        foreach ((PouwNode left, PouwNode right) in new[] { (0, 1), (1, 2), (0, 2) }.Select(pair => (network.Nodes[pair.Item1], network.Nodes[pair.Item2])))
        {
            Dictionary<object, object?> reachable = Reachable(left);
            HashSet<object> others = new(Reachable(right).Keys, ReferenceEqualityComparer.Instance);
            Assert.That(reachable.Keys.Where(shared => others.Contains(shared) && IsMutable(shared)).Select(shared => PathTo(reachable, shared)), Is.Empty);
        }
    }

    [Test]
    public void The_walk_finds_a_shared_list_when_there_is_one()
    {
        List<int> shared = [1];
        Dictionary<object, object?> reachable = Reachable(new Holder(shared));
        Assert.That(reachable.Keys.Intersect(Reachable(new Holder(shared)).Keys, ReferenceEqualityComparer.Instance).Where(IsMutable!), Is.Not.Empty);
    }

    /// <summary>What can be reached, each with what it was reached from.</summary>
    private static Dictionary<object, object?> Reachable(object root)
    {
        Dictionary<object, object?> seen = new(ReferenceEqualityComparer.Instance);
        Stack<(object Value, object? Parent)> open = new([(root, null)]);
        while (open.TryPop(out (object Value, object? Parent) current))
        {
            if (IsBoundary(current.Value) || !seen.TryAdd(current.Value, current.Parent))
            {
                continue;
            }

            foreach (object child in Children(current.Value))
            {
                open.Push((child, current.Value));
            }
        }

        return seen;
    }

    private static string PathTo(Dictionary<object, object?> reachable, object found)
    {
        string path = found is Array { Length: int length } ? $"{length} elements" : "";
        for (object? at = found; at is not null; at = reachable[at])
        {
            path = $"{at.GetType().Name} > {path}";
        }

        return path;
    }

    /// <summary>
    /// Where the walk stops: what is shared on purpose (transport, clock, the test's observer, parameters), and the runtime's own
    /// machinery, which is shared by everything in a process.
    /// </summary>
    private static bool IsBoundary(object value)
    {
        Type type = value.GetType();
        string space = type.Namespace ?? "";
        // A big integer keeps its digits, and a state key its text, in an array that nothing can write.
        return value is System.Numerics.BigInteger or Core.Ledger.StateKey or string or Type or MemberInfo or TimeProvider or RecordingObserver or Task or Thread or CancellationTokenSource or Pointer
            || value is System.Runtime.Serialization.ISerializable and Delegate { Target: null }
            || space.StartsWith("PoUW.Network.Transports", StringComparison.Ordinal)
            || space.StartsWith("PoUW.Core.Parameters", StringComparison.Ordinal)
            || space.StartsWith("System.Reflection", StringComparison.Ordinal)
            || (space.StartsWith("System", StringComparison.Ordinal) && !space.StartsWith("System.Collections", StringComparison.Ordinal)
                && value is not Delegate && !type.IsArray && !type.IsValueType && type.Name.IndexOf("Closure", StringComparison.Ordinal) < 0);
    }

    private static IEnumerable<object> Children(object value)
    {
        if (value is Array array)
        {
            if (array.GetType().GetElementType() is { IsPrimitive: false, IsPointer: false, IsFunctionPointer: false })
            {
                foreach (object? element in array)
                {
                    if (element is not null)
                    {
                        yield return element;
                    }
                }
            }

            yield break;
        }

        for (Type? type = value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
            foreach (FieldInfo field in type.GetFields(Fields).Where(field => !field.FieldType.IsPointer && !field.FieldType.IsPrimitive))
            {
                if (field.GetValue(value) is { } child)
                {
                    yield return child;
                }
            }
        }
    }

    /// <summary>Arrays and collections can change under their readers; of our own types, those with a field that is not readonly.</summary>
    private static bool IsMutable(object value)
    {
        Type type = value.GetType();
        if (value is Array array)
        {
            return array.Length > 0 && !IsStaticTable(array);
        }

        bool collection = (type.Namespace ?? "").StartsWith("System.Collections.Generic", StringComparison.Ordinal)
            && !type.Name.Contains("Comparer", StringComparison.Ordinal);
        bool ours = (type.Namespace ?? "").StartsWith("PoUW", StringComparison.Ordinal) && !typeof(Delegate).IsAssignableFrom(type);
        return collection || (ours && HasWritableField(type));
    }

    private static bool HasWritableField(Type type)
    {
        const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        return !type.IsValueType && type.GetFields(Fields).Any(field => !field.IsInitOnly);
    }

    // Empty-collection singletons and constant tables of the runtime have no owner.
    private static bool IsStaticTable(Array array) => array.GetType().GetElementType()!.Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) ?? false;

    private sealed record Holder(List<int> Values);
}
