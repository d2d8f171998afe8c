using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using PoUW.Vm.Operations;

namespace PoUW.Sdk.Tests.Architecture;

/// <summary>
/// docs/operations.md is the table of all tensor operations, written from their declarations and their doc comments. After a change run
/// the tests once with the environment variable POUW_UPDATE_API=1 and review the difference.
/// </summary>
[TestFixture]
public sealed partial class OperationsDocumentTests
{
    private const string Head = """
        # Tensor operations

        The operations of VECTOROP by family, written from their declarations in `src/PoUW.Vm/Operations` by a test, so do not edit. Tensors are
        matrices; images are NHWC with a row a pixel. `w` marks an operand that is overwritten, `rw` one that is read and changed. Immediates are
        32-bit integers in the instruction, or the bits of a finite fp32 number (`f32`); arguments come from the stack. Operands of an
        operation marked `*` may be the same tensor. `fma` rounds once; every other fp32 operation rounds once for each sign, to nearest even,
        with denormals. A chain runs in increasing order. A NaN that is computed is stored as 0x7FC00000.

        """;

    [Test]
    public void The_document_lists_every_operation_as_it_is()
    {
        string path = Repository.PathOf("docs", "operations.md");
        string text = Write();
        if (Environment.GetEnvironmentVariable("POUW_UPDATE_API") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.That(text.Split('\n'), Is.EqualTo(File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n')));
    }

    private static string Write()
    {
        Assembly assembly = typeof(TensorOp).Assembly;
        XDocument comments = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"));
        Dictionary<string, string> summaries = comments.Descendants("member").ToDictionary(
            static member => member.Attribute("name")!.Value, static member => Text(member.Element("summary")), StringComparer.Ordinal);
        StringBuilder document = new(Head.ReplaceLineEndings("\n"));
        int written = 0;
        foreach (Type family in Families(assembly))
        {
            document.Append(CultureInfo.InvariantCulture, $"\n## {family.Name}\n{summaries[$"T:{family.FullName}"]}\n\n");
            document.Append("| code | name | operands | immediates | arguments | definition |\n|---|---|---|---|---|---|\n");
            foreach ((PropertyInfo property, TensorOp op) in OperationsOf(family))
            {
                document.Append(Row(op, summaries[$"P:{family.FullName}.{property.Name}"]));
                written++;
            }
        }

        Assert.That(written, Is.EqualTo(TensorOps.All.Count), "an operation is not a public property of its family");
        return document.ToString();
    }

    private static IEnumerable<Type> Families(Assembly assembly) => assembly.GetExportedTypes()
        .Where(static type => type != typeof(TensorOps) && OperationsOf(type).Any())
        .OrderBy(static type => OperationsOf(type).First().Op.Code);

    private static IEnumerable<(PropertyInfo Property, TensorOp Op)> OperationsOf(Type family) => family
        .GetProperties(BindingFlags.Public | BindingFlags.Static)
        .Where(static property => property.PropertyType == typeof(TensorOp))
        .Select(static property => (property, (TensorOp)property.GetValue(null)!))
        .OrderBy(static pair => pair.Item2.Code);

    private static string Row(TensorOp op, string summary)
    {
        string operands = string.Join("; ", op.Operands.Select(static operand => string.Join('/', operand.Types) + " " + operand.Name
            + operand.Access switch { OperandAccess.Write => " w", OperandAccess.ReadWrite => " rw", _ => "" }));
        string immediates = string.Join("; ", op.Immediates.Select(static spec =>
            spec.IsFloat ? $"f32 {spec.Name}" : $"{spec.Name} {Range(spec.Minimum, spec.Maximum)}"));
        string arguments = string.Join("; ", op.Arguments.Select(static spec => $"{spec.Name} {Range(spec.Minimum, spec.Maximum)}".TrimEnd()));
        string result = op.HasResult ? "pushes" : "";
        string definition = summary.Replace("|", "\\|", StringComparison.Ordinal);
        return $"| {op.Code} | {op.Name}{(op.MayAlias ? " *" : "")} | {operands} | {immediates} | {arguments} {result} | {definition} |\n"
            .Replace("  ", " ", StringComparison.Ordinal);
    }

    private static string Range(long minimum, long maximum)
    {
        string low = minimum == long.MinValue ? "" : minimum.ToString(CultureInfo.InvariantCulture);
        string high = maximum is long.MaxValue or int.MaxValue ? "" : maximum.ToString(CultureInfo.InvariantCulture);
        return low.Length + high.Length == 0 ? "" : $"{low}..{high}";
    }

    private static string Text(XElement? summary)
    {
        if (summary is null)
        {
            return "";
        }

        foreach (XElement reference in summary.Descendants("see").ToList())
        {
            string target = reference.Attribute("cref")!.Value;
            reference.ReplaceWith(target[(target.LastIndexOf('.') + 1)..]);
        }

        return Space().Replace(summary.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
