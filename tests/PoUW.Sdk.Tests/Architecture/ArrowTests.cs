using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PoUW.Sdk.Tests.Architecture;

[TestFixture]
public sealed class ArrowTests
{
    [TestCaseSource(typeof(Packages), nameof(Packages.Names))]
    public void A_package_references_only_the_packages_below_it(string name)
    {
        IEnumerable<string> used = References(name).Where(reference => reference.StartsWith("PoUW.", StringComparison.Ordinal));
        Assert.That(used, Is.SubsetOf(Packages.Arrows[name]));
    }

    [TestCase("PoUW.Core")]
    [TestCase("PoUW.Vm")]
    [TestCase("PoUW.Compute", "CsvHelper")]
    [TestCase("PoUW.Network")]
    [TestCase("PoUW.Economics")]
    public void A_package_uses_the_base_class_library_and_the_dependencies_of_its_decision(string name, params string[] decided)
    {
        IEnumerable<string> foreign = References(name).Where(reference =>
            !reference.StartsWith("System.", StringComparison.Ordinal) && !reference.StartsWith("PoUW.", StringComparison.Ordinal));
        Assert.That(foreign, Is.SubsetOf(decided));
    }

    [Test]
    public void Every_project_under_src_is_in_the_table()
    {
        IEnumerable<string> projects = Directory.GetDirectories(Repository.PathOf("src")).Select(folder => Path.GetFileName(folder)!);
        Assert.That(projects, Is.EquivalentTo(Packages.AllNames));
    }

    [TestCaseSource(typeof(Packages), nameof(Packages.LeafNames))]
    public void A_leaf_refers_only_to_the_packages_below_it(string name)
    {
        XDocument project = XDocument.Load(Repository.PathOf("src", name, name + ".csproj"));
        IEnumerable<string> used = project.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.That(used, Is.SubsetOf(Packages.Leaves[name]));
    }

    [Test]
    public void Nothing_that_the_default_solution_builds_refers_to_a_leaf()
    {
        string solution = File.ReadAllText(Repository.PathOf("PoUW.Sdk.sln"));
        IEnumerable<string> projects = Regex.Matches(solution, "\"([^\"]+)\\.csproj\"").Select(match => match.Groups[1].Value.Replace('\\', '/') + ".csproj");
        string[] texts = [solution, .. projects.Select(project => File.ReadAllText(Repository.PathOf(project)))];
        Assert.That(texts, Has.Length.GreaterThan(10));
        Assert.That(texts.Where(text => Packages.LeafNames.Any(text.Contains)), Is.Empty);
    }

    [TestCaseSource(typeof(Packages), nameof(Packages.AllNames))]
    public void The_folder_of_a_file_is_its_namespace(string name)
    {
        string project = Repository.PathOf("src", name);
        IEnumerable<string> strays = Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => !File.ReadAllText(file).Contains($"namespace {NamespaceOf(project, name, file)};", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(project, file));
        Assert.That(strays, Is.Empty);
    }

    [TestCaseSource(typeof(Packages), nameof(Packages.AllNames))]
    public void The_map_names_every_folder_of_a_package(string name)
    {
        string map = File.ReadAllText(Repository.PathOf("docs", "layout.md"));
        int start = map.IndexOf($"- **{name}**", StringComparison.Ordinal);
        Assert.That(start, Is.GreaterThanOrEqualTo(0), $"{name} is not in docs/layout.md");
        int end = map.IndexOf("\n- **", start + 1, StringComparison.Ordinal);
        string entry = end < 0 ? map[start..] : map[start..end];
        IEnumerable<string> missing = Directory.GetDirectories(Repository.PathOf("src", name)).Select(folder => Path.GetFileName(folder)!)
            .Where(folder => folder is not ("bin" or "obj") && !entry.Contains($"`{folder}`", StringComparison.Ordinal));
        Assert.That(missing, Is.Empty);
    }

    private static IEnumerable<string> References(string name) =>
        Packages.Load(name).GetReferencedAssemblies().Select((AssemblyName reference) => reference.Name!);

    private static string NamespaceOf(string project, string name, string file)
    {
        string folder = Path.GetRelativePath(project, Path.GetDirectoryName(file)!);
        return folder == "." ? name : $"{name}.{folder.Replace(Path.DirectorySeparatorChar, '.')}";
    }
}
