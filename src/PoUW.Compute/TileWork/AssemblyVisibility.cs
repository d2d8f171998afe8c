using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("PoUW.Compute.Tests")]
