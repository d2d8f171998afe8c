namespace PoUW.Benchmarks;

/// <summary>A group of figures that are measured together. Register it in <see cref="Program"/>.</summary>
public interface IRatioSuite
{
    /// <summary>The word that selects the suite on the command line.</summary>
    string Name { get; }

    /// <summary>Measures. Called on the main thread with nothing else running.</summary>
    IEnumerable<RatioFigure> Run();
}
