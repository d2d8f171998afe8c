using System.Text;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Parameters;

public sealed class NetworkParametersJsonTests
{
    private const string Alice = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    [TestCaseSource(typeof(ParameterSamples), nameof(ParameterSamples.PresetCases))]
    public void A_preset_reads_back_equal(NetworkParameters preset) => AssertRoundTrip(preset);

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Varied_parameters_read_back_equal(ulong seed) => AssertRoundTrip(ParameterSamples.Varied(new Fuzzer(seed, "json")));

    [Test]
    public void Full_lists_stay_below_the_size_limit()
    {
        Amount longest = new(Amount.FromCoins(999_999_999_999_999).BaseUnits + Amount.BaseUnitsPerCoin - 1);
        NetworkParameters full = NetworkParameters.Production with
        {
            Allocations = [.. Enumerable.Range(0, 4_096).Select(i => new GenesisAllocation(AddressAt(i), longest))],
            Stakes = [.. Enumerable.Range(0, 1_024).Select(i => new GenesisStake(AddressAt(i), longest, StakeRoles.Worker | StakeRoles.Validator))],
        };

        AssertRoundTrip(full);
    }

    [TestCase("development")]
    [TestCase("test")]
    [TestCase("production")]
    public void Extends_starts_from_a_preset(string name)
    {
        NetworkParameters preset = ParameterSamples.Presets.Single(candidate => candidate.Name == name);

        NetworkParameters read = Parse($$"""{ "extends": "{{name}}", "chainId": 99, "blockSubsidy": "12.5" }""");

        Assert.That(read.BlockSubsidy.BaseUnits, Is.EqualTo((UInt128)12_500_000_000_000_000_000));
        Assert.That(
            NetworkParametersCodec.Encode(read with { ChainId = preset.ChainId, BlockSubsidy = preset.BlockSubsidy }),
            Is.EqualTo(NetworkParametersCodec.Encode(preset)));
    }

    [Test]
    public void Without_a_preset_the_defaults_of_the_record_apply()
    {
        NetworkParameters read = Parse(
            """
            { "chainId": 1337, "name": "development", "blockTimeMilliseconds": 1000, "asertHalfLifeBlocks": 20, "genesisTicketsPerBlock": 500,
              "epochBlocks": 8, "genesisTimeMilliseconds": 1767225600000 }
            """);

        Assert.That(NetworkParametersCodec.Encode(read), Is.EqualTo(NetworkParametersCodec.Encode(NetworkParameters.Development)));
    }

    [Test]
    public void Comments_trailing_commas_a_byte_order_mark_and_a_schema_are_allowed()
    {
        NetworkParameters read = Parse(
            "\uFEFF" + $$"""
            // One machine.
            {
                "$schema": "./pouw.schema.json",
                "extends": "development", /* fast */
                "allocations": [{ "address": "{{Alice}}", "amount": "0.000000000000000001", }],
            }
            // The end.
            """);

        Assert.That(read.Allocations[0].Address.ToString(), Is.EqualTo(Alice));
        Assert.That(read.Allocations[0].Amount.BaseUnits, Is.EqualTo((UInt128)1));
    }

    [TestCase("""{ "name": "x" }""", "chainId", "missing")]
    [TestCase("""{ "extends": "main" }""", "extends", "production")]
    [TestCase("""{ "extends": 1 }""", "extends", "production")]
    [TestCase("""{ "$schema": 1, "extends": "test" }""", "$schema", "text")]
    [TestCase("""{ "extends": "test", "extends": "test" }""", "extends", "once")]
    [TestCase("""{ "extends": "test", "chainId": 1, "chain\u0049d": 1 }""", "chainId", "once")]
    [TestCase("""{ "extends": "test", "ChainId": 1 }""", "ChainId", "allowed are $schema, extends, chainId")]
    [TestCase("""{ "extends": "test", "\ud800": 1 }""", "?", "Unknown")]
    [TestCase("""{ "extends": "test", "chainId": null }""", "chainId", "Found null")]
    [TestCase("""{ "extends": "test", "chainId": true }""", "chainId", "Found a truth value")]
    [TestCase("""{ "extends": "test", "chainId": "1" }""", "chainId", "Found \"1\"")]
    [TestCase("""{ "extends": "test", "chainId": -1 }""", "chainId", "Found -1")]
    [TestCase("""{ "extends": "test", "chainId": 1.0 }""", "chainId", "whole number")]
    [TestCase("""{ "extends": "test", "chainId": 1e3 }""", "chainId", "whole number")]
    [TestCase("""{ "extends": "test", "chainId": 18446744073709551616 }""", "chainId", "whole number")]
    [TestCase("""{ "extends": "test", "name": 5 }""", "name", "32 bytes")]
    [TestCase("""{ "extends": "test", "name": "" }""", "name", "32 bytes")]
    [TestCase("""{ "extends": "test", "name": "\ud800" }""", "name", "32 bytes")]
    [TestCase("""{ "extends": "test", "name": "line\nbreak" }""", "name", "control")]
    [TestCase("""{ "extends": "test", "name": "ééééééééééééééééé" }""", "name", "32 bytes")]
    [TestCase("""{ "extends": "test", "blockSubsidy": 2 }""", "blockSubsidy", "12.5")]
    [TestCase("""{ "extends": "test", "blockSubsidy": "-2" }""", "blockSubsidy", "0 to 1000000")]
    [TestCase("""{ "extends": "test", "blockSubsidy": "0.0000000000000000001" }""", "blockSubsidy", "18 decimals")]
    [TestCase("""{ "extends": "test", "blockSubsidy": "1000000.000000000000000001" }""", "blockSubsidy", "0 to 1000000")]
    [TestCase("""{ "extends": "test", "baseFeePerGas": "1.1" }""", "baseFeePerGas", "0 to 1")]
    [TestCase("""{ "extends": "test", "minimumWorkerStake": "1000000000000001" }""", "minimumWorkerStake", "1000000000000000")]
    [TestCase("""{ "extends": "test", "minimumValidatorStake": "0" }""", "minimumValidatorStake", "0.000000000000000001")]
    [TestCase("""{ "extends": "test", "commons": 1 }""", "commons", "m, k, n, seed")]
    [TestCase("""{ "extends": "test", "commons": { "m": 64, "k": 512, "n": 64 } }""", "commons.seed", "missing")]
    [TestCase("""{ "extends": "test", "commons": { "m": 64, "k": 512, "n": 64, "seed": 1, "s": 1 } }""", "commons.s", "Unknown")]
    [TestCase("""{ "extends": "test", "commons": { "m": 64, "k": 511, "n": 64, "seed": 1 } }""", "commons.k", "512 to 8192")]
    [TestCase("""{ "extends": "test", "allocations": {} }""", "allocations", "array")]
    [TestCase("""{ "extends": "test", "allocations": [1] }""", "allocations[0]", "address, amount")]
    [TestCase("""{ "extends": "test", "allocations": [{ "amount": "1" }] }""", "allocations[0].address", "missing")]
    [TestCase("""{ "extends": "test", "allocations": [{ "address": "ALICE" }] }""", "allocations[0].amount", "missing")]
    [TestCase("""{ "extends": "test", "allocations": [{ "address": "ALICE", "amount": "0" }] }""", "allocations[0].amount", "0.000000000000000001")]
    [TestCase("""{ "extends": "test", "allocations": [{ "address": "ALICE", "amount": "1" }, { "address": "ALICE", "amount": "1" }] }""",
        "allocations[1].address", "each address once")]
    [TestCase("""{ "extends": "test", "allocations": [{ "address": "ALICE", "amount": "1", "amount": "1" }] }""", "allocations[0].amount", "once")]
    [TestCase("""{ "extends": "test", "allocations": [{ "address": "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "amount": "1" }] }""",
        "allocations[0].address", "checksum")]
    [TestCase("""{ "extends": "test", "allocations": [{ "address": 5, "amount": "1" }] }""", "allocations[0].address", "40 hexadecimal")]
    [TestCase("""{ "extends": "test", "stakes": [{ "address": "ALICE", "amount": "100" }] }""", "stakes[0].roles", "missing")]
    [TestCase("""{ "extends": "test", "stakes": [{ "address": "ALICE", "amount": "100", "roles": "worker" }] }""", "stakes[0].roles", "array")]
    [TestCase("""{ "extends": "test", "stakes": [{ "address": "ALICE", "amount": "100", "roles": [] }] }""", "stakes[0].roles", "one or both")]
    [TestCase("""{ "extends": "test", "stakes": [{ "address": "ALICE", "amount": "100", "roles": ["miner"] }] }""", "stakes[0].roles[0]", "miner")]
    [TestCase("""{ "extends": "test", "stakes": [{ "address": "ALICE", "amount": "100", "roles": ["worker", "worker"] }] }""",
        "stakes[0].roles[1]", "one or both")]
    [TestCase("""{ "extends": "test", "stakes": [{ "address": "ALICE", "amount": "99", "roles": ["validator"] }] }""", "stakes[0].amount", "100")]
    [TestCase("""{ "extends": "test", "slashToProversBasisPoints": 9001 }""", "slashToClientBasisPoints", "up to 999")]
    [TestCase("""{ "extends": "test", "unbondingBlocks": 460 }""", "unbondingBlocks", "more than 460")]
    [TestCase("""{ "extends": "test", "upgrades": {} }""", "upgrades", "array of at most 3")]
    [TestCase("""{ "extends": "test", "upgrades": [] }""", "upgrades[0]", "tile-work-1")]
    [TestCase("""{ "extends": "test", "upgrades": [1] }""", "upgrades[0]", "name, height")]
    [TestCase("""{ "extends": "test", "upgrades": [1, 2, 3, 4] }""", "upgrades", "at most 3")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "height": 0 }] }""", "upgrades[0].name", "missing")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-1" }] }""", "upgrades[0].height", "missing")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-9", "height": 0 }] }""", "upgrades[0].name", "\"bound-tickets\"")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-9", "height": 0 }] }""", "upgrades[0].name", "\"tolerance-jobs\"")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": 1, "height": 0 }] }""", "upgrades[0].name", "Found 1")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-1", "height": -1 }] }""", "upgrades[0].height", "0 to 9007199254740991")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-1", "height": "0" }] }""", "upgrades[0].height", "0 to 9007199254740991")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-1", "height": 0, "x": 0 }] }""", "upgrades[0].x", "Unknown")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-1", "height": 3 }] }""", "upgrades[0]", "Found \"tile-work-1\" at height 3")]
    [TestCase("""{ "extends": "test", "upgrades": [{ "name": "tile-work-1", "height": 0 }, { "name": "tile-work-1", "height": 0 }] }""",
        "upgrades[1].name", "each once")]
    [TestCase("""{ "extends": "test", "leaseBurnBasisPoints": 9999 }""", "leaseBurnBasisPoints", "10000 to 1000000")]
    [TestCase("""{ "extends": "test", "banBlocks": 200 }""", "bonusVestingBlocks", "less than 200")]
    [TestCase("""{ "extends": "test", "commonsJob": 5 }""", "commonsJob", "64 lower-case")]
    [TestCase("""{ "extends": "test", "commonsJob": "00" }""", "commonsJob", "64 lower-case")]
    [TestCase("""{ "extends": "test", "commonsJob": "ABCDEF0000000000000000000000000000000000000000000000000000000000" }""", "commonsJob", "64 lower-case")]
    [TestCase("""{ "extends": "test", "commonsJob": "0x0000000000000000000000000000000000000000000000000000000000000000" }""", "commonsJob", "64 lower-case")]
    [TestCase("[]", "$", "object")]
    [TestCase("", "$", "Not JSON at line 1")]
    [TestCase("{", "$", "Not JSON")]
    [TestCase("{} {}", "$", "Not JSON")]
    [TestCase("{\n  \"chainId\": 01 }", "$", "line 2")]
    [TestCase("[[[[[[[[[]]]]]]]]]", "$", "8 deep")]
    public void A_mistake_is_named_with_its_path_and_what_is_allowed(string json, string path, string allowed)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json.Replace("ALICE", Alice, StringComparison.Ordinal));

        ValidationResult result = NetworkParametersJson.TryParse(bytes, out NetworkParameters? parameters);

        Assert.That(result.Field, Is.EqualTo(path));
        Assert.That(result.Message, Does.Contain(allowed));
        Assert.That(parameters, Is.Null);
    }

    [Test]
    public void Too_many_entries_are_refused_by_their_count()
    {
        string entries = string.Join(",", Enumerable.Repeat("0", 4_097));

        ValidationResult result = NetworkParametersJson.TryParse(
            Encoding.UTF8.GetBytes($$"""{ "extends": "test", "allocations": [{{entries}}] }"""), out _);

        Assert.That(result.Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(result.Field, Is.EqualTo("allocations"));
        Assert.That(result.Message, Does.Contain("4096"));
    }

    [Test]
    public void The_size_limit_holds_before_anything_is_read()
    {
        byte[] spaces = [.. Enumerable.Repeat((byte)' ', NetworkParametersJson.MaxDocumentBytes - 2), .. "{}"u8];

        Assert.That(NetworkParametersJson.TryParse(spaces, out _).Field, Is.EqualTo("chainId"));
        Assert.That(NetworkParametersJson.TryParse([.. spaces, (byte)' '], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        byte[] json = [.. "{ \"extends\": \"test\", \"name\": \""u8, 0xff, .. "\" }"u8];

        Assert.That(NetworkParametersJson.TryParse(json, out _).Message, Does.Contain("not UTF-8"));
    }

    [Test]
    public void A_long_value_is_not_quoted_in_full()
    {
        string json = $$"""{ "extends": "test", "{{new string('x', 5_000)}}": 1 }""";

        Assert.That(NetworkParametersJson.TryParse(Encoding.UTF8.GetBytes(json), out _).Field.Length, Is.LessThan(60));
    }

    [Test]
    public void Wrong_parameters_are_not_written() =>
        Assert.That(() => NetworkParametersJson.Write(NetworkParameters.Test with { EpochBlocks = 0 }), Throws.ArgumentException);

    [Test]
    public void Mutations_never_throw_and_what_is_accepted_reads_back_equal()
    {
        Fuzzer fuzzer = new(20_26, "parameters json");
        byte[] valid = NetworkParametersJson.Write(ParameterSamples.Varied(fuzzer));
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            ValidationResult result = NetworkParametersJson.TryParse(fuzzer.Mutate(valid), out NetworkParameters? parameters);
            Assert.That(result.IsValid, Is.EqualTo(parameters is not null));
            if (parameters is not null)
            {
                accepted++;
                AssertRoundTrip(parameters);
            }
        }

        Assert.That(accepted, Is.InRange(100, 19_000));
    }

    private static NetworkParameters Parse(string json)
    {
        ValidationResult result = NetworkParametersJson.TryParse(Encoding.UTF8.GetBytes(json), out NetworkParameters? parameters);
        Assert.That(result.ToString(), Is.EqualTo("Ok"));
        return parameters!;
    }

    private static void AssertRoundTrip(NetworkParameters parameters)
    {
        ValidationResult result = NetworkParametersJson.TryParse(NetworkParametersJson.Write(parameters), out NetworkParameters? read);

        Assert.That(result.ToString(), Is.EqualTo("Ok"));
        Assert.That(NetworkParametersCodec.Encode(read!), Is.EqualTo(NetworkParametersCodec.Encode(parameters)));
    }

    private static Address AddressAt(int index)
    {
        byte[] bytes = new byte[Address.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, index + 1);
        return new Address(bytes);
    }
}
