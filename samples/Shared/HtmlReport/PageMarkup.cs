using System.Collections.Frozen;
using System.Text;
using System.Xml.Linq;

namespace Samples.Shared.HtmlReport;

/// <summary>
/// Builds the page as an XML tree, so every text is encoded when it is written, and writes it in the form that is valid both as HTML and as XML.
/// </summary>
public static class PageMarkup
{
    private const char Replacement = '\uFFFD';

    private static readonly FrozenSet<string> Void = FrozenSet.Create(StringComparer.Ordinal, "meta", "link", "br", "col");

    /// <summary>An element; the content may be attributes, elements, texts or sequences of them, and null is left out.</summary>
    public static XElement El(string name, params object?[] content) => new(name, content);

    /// <summary>An attribute with a text.</summary>
    public static XAttribute At(string name, string value) => new(name, value);

    /// <summary>An attribute with a number, written with at most two decimals.</summary>
    public static XAttribute At(string name, double value) => new(name, Numbers.Coordinate(value));

    /// <summary>The page as text.</summary>
    public static string Write(XElement root)
    {
        foreach (XElement element in root.DescendantsAndSelf())
        {
            CleanTexts(element);
            if (element.IsEmpty && !Void.Contains(element.Name.LocalName))
            {
                // HTML ignores the slash of an empty tag, so the element would stay open.
                element.Value = "";
            }
        }

        return $"<!DOCTYPE html>\n{root.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static void CleanTexts(XElement element)
    {
        foreach (XAttribute attribute in element.Attributes())
        {
            attribute.Value = Clean(attribute.Value);
        }

        foreach (XText text in element.Nodes().OfType<XText>())
        {
            text.Value = Clean(text.Value);
        }
    }

    /// <summary>Replaces what a page must not hold (control characters, lone surrogates) and what turns the direction of text.</summary>
    private static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = IsAllowed(rune.Value) ? clean.Append(rune.ToString()) : clean.Append(Replacement);
        }

        return clean.ToString();
    }

    private static bool IsAllowed(int rune) => rune switch
    {
        '\t' or '\n' => true,
        < 0x20 or (>= 0x7F and <= 0x9F) => false,
        (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => false,
        0xFFFE or 0xFFFF => false,
        _ => true,
    };
}
