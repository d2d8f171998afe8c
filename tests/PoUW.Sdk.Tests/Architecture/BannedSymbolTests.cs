using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PoUW.Sdk.Tests.Architecture;

/// <summary>The analyzer stops banned calls at compile time; this test reads the built assemblies, so that no suppression goes unseen.</summary>
[TestFixture]
public sealed class BannedSymbolTests
{
    private const BindingFlags AllDeclared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [TestCaseSource(typeof(Packages), nameof(Packages.Names))]
    public void No_assembly_refers_to_a_banned_member(string name)
    {
        Assert.That(ReferencedMembers(Packages.Load(name)).Intersect(BannedMembers()), Is.Empty);
    }

    [Test]
    public void The_list_of_banned_members_is_not_empty() => Assert.That(BannedMembers(), Has.Member("System.DateTime.get_UtcNow"));

    [TestCase("PoUW.Core")]
    [TestCase("PoUW.Vm")]
    [TestCase("PoUW.Economics")]
    public void Consensus_assemblies_hold_no_floating_point(string name)
    {
        List<string> found = [];
        foreach (Type type in Packages.Load(name).GetTypes().Where(static type => !IsExactArithmetic(type)))
        {
            found.AddRange(type.GetFields(AllDeclared).Where(field => IsFloat(field.FieldType)).Select(field => $"{type}.{field.Name}"));
            IEnumerable<MethodBase> methods = [.. type.GetMethods(AllDeclared), .. type.GetConstructors(AllDeclared)];
            found.AddRange(methods.Where(UsesFloat).Select(method => $"{type}.{method.Name}"));
        }

        Assert.That(found, Is.Empty);
    }

    /// <summary>
    /// Library functions whose last bits differ between machines or versions. Lane R is built from what IEEE 754 defines: + - * /,
    /// square root, fused multiply-add and rounding to an integer.
    /// </summary>
    [TestCase("PoUW.Vm")]
    [TestCase("PoUW.Compute")]
    public void Exact_arithmetic_uses_only_what_IEEE_754_defines(string name)
    {
        string[] admitted = ["Abs", "BigMul", "Ceiling", "Clamp", "CopySign", "DivRem", "FusedMultiplyAdd", "Max", "Min", "Round", "ScaleB", "Sqrt"];
        IEnumerable<string> found = ReferencedMembers(Packages.Load(name)).Where(member =>
            (member.StartsWith("System.Math.", StringComparison.Ordinal) || member.StartsWith("System.MathF.", StringComparison.Ordinal))
                ? !admitted.Contains(member[(member.LastIndexOf('.') + 1)..])
                : member.EndsWith(".MultiplyAddEstimate", StringComparison.Ordinal)
                    || member.StartsWith("System.Numerics.Tensors.", StringComparison.Ordinal));
        Assert.That(found, Is.Empty);
    }

    /// <summary>Lane R: fp32 in a fixed order of IEEE operations, the same bits everywhere.</summary>
    private static bool IsExactArithmetic(Type type)
    {
        Type outer = type;
        while (outer.DeclaringType is { } declaring)
        {
            outer = declaring;
        }

        return outer.FullName is "PoUW.Vm.Operations.TensorCall" or "PoUW.Vm.Operations.TensorCallShape" or "PoUW.Vm.Arithmetic.Fp32" or "PoUW.Vm.Arithmetic.Fp32Coefficients" || outer.Namespace is "PoUW.Vm.Operations.Float" or "PoUW.Vm.Operations.Data"
            or "PoUW.Vm.Operations.Convolution";
    }

    private static bool UsesFloat(MethodBase method) =>
        method.GetParameters().Any(parameter => IsFloat(parameter.ParameterType))
        || (method is MethodInfo { ReturnType: { } returned } && IsFloat(returned))
        || (method.GetMethodBody()?.LocalVariables.Any(local => IsFloat(local.LocalType)) ?? false);

    private static bool IsFloat(Type type) =>
        type == typeof(float) || type == typeof(double) || type == typeof(Half) || (type.HasElementType && IsFloat(type.GetElementType()!));

    private static HashSet<string> BannedMembers()
    {
        HashSet<string> banned = [];
        foreach (string line in File.ReadLines(Repository.PathOf("src", "BannedSymbols.txt")))
        {
            string symbol = line.Split(';')[0];
            string member = symbol[2..].Split('(')[0];
            int dot = member.LastIndexOf('.');
            switch (symbol[0])
            {
                case 'P':
                    banned.Add($"{member[..dot]}.get_{member[(dot + 1)..]}");
                    break;
                case 'M' when !member.StartsWith("System.Threading.Tasks.Task.", StringComparison.Ordinal):
                    banned.Add(member.Replace("#", ".", StringComparison.Ordinal).Replace("..", ".", StringComparison.Ordinal));
                    break;
            }
        }

        return banned;
    }

    private static IEnumerable<string> ReferencedMembers(Assembly assembly)
    {
        using FileStream file = File.OpenRead(assembly.Location);
        using PEReader image = new(file);
        MetadataReader metadata = image.GetMetadataReader();
        List<string> members = [];
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
            {
                TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
                string owner = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
                members.Add($"{owner}.{metadata.GetString(member.Name).TrimStart('.')}");
            }
        }

        return members;
    }
}
