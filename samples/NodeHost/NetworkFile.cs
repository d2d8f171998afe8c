using PoUW.Core.Parameters;
using PoUW.Core.Validation;
using Samples.Shared.Jobs;

namespace NodeHost;

/// <summary>Reads and writes the parameters of a network.</summary>
internal static class NetworkFile
{
    /// <summary>Names of the presets.</summary>
    public static IReadOnlyList<string> Presets { get; } = ["development", "test", "production"];

    /// <summary>The parameters of a preset or a file.</summary>
    /// <exception cref="SampleException">The file cannot be read or breaks a rule, which the message names.</exception>
    public static async Task<NetworkParameters> ReadAsync(string presetOrFile, CancellationToken cancellation)
    {
        NetworkParameters? preset = presetOrFile switch
        {
            "development" => NetworkParameters.Development,
            "test" => NetworkParameters.Test,
            "production" => NetworkParameters.Production,
            _ => null,
        };
        if (preset is not null)
        {
            return preset;
        }

        byte[] document;
        try
        {
            document = await File.ReadAllBytesAsync(presetOrFile, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException(
                $"--network: '{presetOrFile}' is neither a preset ({string.Join(", ", Presets)}) nor a file that can be read: {failure.Message}");
        }

        ValidationResult result = NetworkParametersJson.TryParse(document, out NetworkParameters? parameters);
        return parameters ?? throw new SampleException($"--network: '{presetOrFile}' is not valid: {result}");
    }

    /// <summary>Writes a development network whose accounts are those of <c>--seed client</c>, <c>validator-1</c>, <c>worker-1</c> and so on.</summary>
    public static async Task WriteAsync(NetworkFileOptions options, TextWriter output, CancellationToken cancellation)
    {
        SampleMember[] members = [.. SampleMember.Create(AccountKey.DevelopmentSeed, options.Validators, options.Workers)];
        NetworkParameters parameters = SampleParameters.Create(options.Name, (ulong)options.BlockTimeMilliseconds, members);
        try
        {
            await File.WriteAllBytesAsync(options.Out.FullName, NetworkParametersJson.Write(parameters), cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--out: '{options.Out}' cannot be written: {failure.Message}");
        }

        foreach (SampleMember member in members)
        {
            output.WriteLine($"{member.Name} {member.Key.Address}");
        }
    }
}
