using System.Text;

namespace PoUW.Samples.Tests;

/// <summary>Small texts in a folder.</summary>
internal static class SampleTexts
{
    /// <summary>Writes numbered files whose text repeats, each with its own number in it.</summary>
    public static string Write(string folder, int files = 12)
    {
        string texts = Directory.CreateDirectory(Path.Combine(folder, "texts")).FullName;
        for (int i = 0; i < files; i++)
        {
            StringBuilder text = new();
            for (int line = 0; line < 12; line++)
            {
                text.Append($"file {i:00}: the quick brown fox jumps over the lazy dog\n");
            }

            File.WriteAllText(Path.Combine(texts, $"{i:00}.txt"), text.ToString());
        }

        return texts;
    }
}
