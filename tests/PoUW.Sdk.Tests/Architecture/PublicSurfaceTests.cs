using System.Reflection;

namespace PoUW.Sdk.Tests.Architecture;

/// <summary>
/// The public surface of each package is a reviewed text file under docs/api. After a deliberate change run the tests once with the
/// environment variable POUW_UPDATE_API=1 and review the difference.
/// </summary>
[TestFixture]
public sealed class PublicSurfaceTests
{
    [TestCaseSource(typeof(Packages), nameof(Packages.Names))]
    public void The_public_surface_is_the_reviewed_one(string name)
    {
        string path = Repository.PathOf("docs", "api", name + ".txt");
        string surface = string.Join('\n', Surface(Packages.Load(name))) + "\n";
        if (Environment.GetEnvironmentVariable("POUW_UPDATE_API") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, surface);
        }

        Assert.That(File.Exists(path), Is.True, "No snapshot: run once with POUW_UPDATE_API=1.");
        Assert.That(surface.Split('\n'), Is.EqualTo(File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n')));
    }

    private static IEnumerable<string> Surface(Assembly assembly) => assembly.GetExportedTypes()
        .OrderBy(type => type.FullName, StringComparer.Ordinal)
        .SelectMany(type => Members(type).Prepend(Describe(type)));

    private static string Describe(Type type)
    {
        string kind = type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsAbstract && type.IsSealed ? "static class" : "class";
        return $"{kind} {type.FullName}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return type.GetMembers(Declared).Where(IsVisible).Select(member => $"    {member.MemberType.ToString().ToLowerInvariant()} {member}")
            .Order(StringComparer.Ordinal);
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase { IsSpecialName: true, IsConstructor: false } => false,
        MethodBase method => (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && !member.Name.Contains('<', StringComparison.Ordinal),
        FieldInfo field => field.IsPublic && !field.IsSpecialName,
        PropertyInfo property => property.GetAccessors().Length > 0,
        EventInfo => true,
        _ => false,
    };
}
