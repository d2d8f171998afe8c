using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Cryptography;
using PoUW.Core.Cryptography.KeyFiles;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Tests.Storage;

namespace PoUW.Core.Tests.Cryptography.KeyFiles;

public sealed class KeyFileTests
{
    private static readonly KeyFileLimits Limits = new();
    private static readonly KeyFileKdf Quick = KeyFileKdf.Scrypt(2, 1, 1);
    private static readonly byte[] Password = "correct horse"u8.ToArray();

    public static IEnumerable<TestCaseData> Vectors() => PublishedVectors.Read("key-files", "v3.json")
        .Select(vector => new TestCaseData(vector).SetArgDisplayNames(vector.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Vectors))]
    public void Published_files_are_opened(JsonElement vector)
    {
        byte[] password = Encoding.UTF8.GetBytes(vector.GetProperty("password").GetString()!);
        JsonElement file = vector.GetProperty("file");
        KeyFileResult result = KeyFile.TryDecrypt(Encoding.UTF8.GetBytes(file.GetRawText()), password, Limits, out KeyPair? pair);

        Assert.That(result, Is.EqualTo(KeyFileResult.Ok));
        using (pair)
        {
            if (vector.TryGetProperty("privateKey", out JsonElement key))
            {
                Assert.That(Convert.ToHexStringLower(pair!.ExportPrivateKey()), Is.EqualTo(key.GetString()));
            }

            if (file.TryGetProperty("address", out JsonElement address))
            {
                Assert.That(Convert.ToHexStringLower(pair!.Address.ToArray()), Is.EqualTo(address.GetString()));
            }
        }
    }

    [Test]
    public void What_is_written_is_read_and_has_the_usual_fields([Values("scrypt", "pbkdf2")] string kdf)
    {
        using KeyPair pair = Pair();
        KeyFileKdf cost = kdf == "scrypt" ? Quick : KeyFileKdf.Pbkdf2(10);
        byte[] file = KeyFile.Encrypt(pair, Password, cost, new SeededRandomSource(1, "file"));
        JsonElement root = JsonDocument.Parse(file).RootElement;
        JsonElement crypto = root.GetProperty("crypto");

        Assert.That(KeyFile.TryDecrypt(file, Password, Limits, out KeyPair? opened), Is.EqualTo(KeyFileResult.Ok));
        Assert.That(opened!.ExportPrivateKey(), Is.EqualTo(pair.ExportPrivateKey()));
        Assert.That(root.GetProperty("version").GetInt32(), Is.EqualTo(3));
        Assert.That(root.GetProperty("address").GetString(), Is.EqualTo(pair.Address.ToString()[2..].ToLowerInvariant()));
        Assert.That(Guid.ParseExact(root.GetProperty("id").GetString()!, "D").Version, Is.EqualTo(4));
        Assert.That(crypto.GetProperty("cipher").GetString(), Is.EqualTo("aes-128-ctr"));
        Assert.That(crypto.GetProperty("cipherparams").GetProperty("iv").GetString(), Has.Length.EqualTo(32));
        Assert.That(crypto.GetProperty("ciphertext").GetString(), Has.Length.EqualTo(64));
        Assert.That(crypto.GetProperty("mac").GetString(), Has.Length.EqualTo(64));
        Assert.That(crypto.GetProperty("kdf").GetString(), Is.EqualTo(kdf));
        string[] names = [.. crypto.GetProperty("kdfparams").EnumerateObject().Select(member => member.Name)];
        string[] expected = kdf == "scrypt" ? ["dklen", "n", "p", "r", "salt"] : ["c", "dklen", "prf", "salt"];
        Assert.That(names, Is.EquivalentTo(expected));
        opened.Dispose();
    }

    [Test]
    public void Two_files_of_one_key_have_nothing_in_common()
    {
        using KeyPair pair = Pair();
        SeededRandomSource random = new(2, "two files");
        JsonNode first = JsonNode.Parse(KeyFile.Encrypt(pair, Password, Quick, random))!;
        JsonNode second = JsonNode.Parse(KeyFile.Encrypt(pair, Password, Quick, random))!;

        Assert.That(second["id"]!.GetValue<string>(), Is.Not.EqualTo(first["id"]!.GetValue<string>()));
        foreach (string field in new[] { "ciphertext", "mac" })
        {
            Assert.That(second["crypto"]![field]!.GetValue<string>(), Is.Not.EqualTo(first["crypto"]![field]!.GetValue<string>()));
        }
    }

    [Test]
    public void A_wrong_password_is_told_from_a_damaged_file()
    {
        byte[] file = File();

        Assert.That(KeyFile.TryDecrypt(file, "Correct horse"u8, Limits, out KeyPair? none).Status, Is.EqualTo(KeyFileStatus.WrongPassword));
        Assert.That(none, Is.Null);
        Assert.That(KeyFile.TryDecrypt(file, [], Limits, out _).Status, Is.EqualTo(KeyFileStatus.WrongPassword));
        Assert.That(KeyFile.TryDecrypt(file.AsMemory(0, file.Length - 2), Password, Limits, out _).Status, Is.EqualTo(KeyFileStatus.Malformed));
    }

    [Test]
    public void Two_spellings_of_a_letter_are_two_passwords()
    {
        using KeyPair pair = Pair();
        byte[] file = KeyFile.Encrypt(pair, Encoding.UTF8.GetBytes("caf\u00e9"), Quick, new SeededRandomSource(3, "file"));

        Assert.That(KeyFile.TryDecrypt(file, Encoding.UTF8.GetBytes("caf\u00e9"), Limits, out KeyPair? opened).IsOk, Is.True);
        Assert.That(KeyFile.TryDecrypt(file, Encoding.UTF8.GetBytes("cafe\u0301"), Limits, out _).Status, Is.EqualTo(KeyFileStatus.WrongPassword));
        opened!.Dispose();
    }

    public static IEnumerable<TestCaseData> Damages()
    {
        yield return Case("no version", KeyFileStatus.Malformed, "version", root => root.Remove("version"));
        yield return Case("version 1", KeyFileStatus.Unsupported, "version", root => root["version"] = 1);
        yield return Case("version as text", KeyFileStatus.Malformed, "version", root => root["version"] = "3");
        yield return Case("fractional version", KeyFileStatus.Malformed, "version", root => root["version"] = 3.5m);
        yield return Case("no crypto", KeyFileStatus.Malformed, "crypto", root => root.Remove("crypto"));
        yield return Case("crypto is a list", KeyFileStatus.Malformed, "crypto", root => root["crypto"] = new JsonArray());
        yield return Case("another cipher", KeyFileStatus.Unsupported, "crypto.cipher", Crypto(crypto => crypto["cipher"] = "aes-128-cbc"));
        yield return Case("no cipher", KeyFileStatus.Malformed, "crypto.cipher", Crypto(crypto => crypto.Remove("cipher")));
        yield return Case("no cipherparams", KeyFileStatus.Malformed, "crypto.cipherparams", Crypto(crypto => crypto.Remove("cipherparams")));
        yield return Case("short iv", KeyFileStatus.Malformed, "crypto.cipherparams.iv", Crypto(crypto => crypto["cipherparams"]!["iv"] = "00"));
        yield return Case("iv is a number", KeyFileStatus.Malformed, "crypto.cipherparams.iv", Crypto(crypto => crypto["cipherparams"]!["iv"] = 7));
        yield return Case("empty ciphertext", KeyFileStatus.Malformed, "crypto.ciphertext", Crypto(crypto => crypto["ciphertext"] = ""));
        yield return Case("long ciphertext", KeyFileStatus.Malformed, "crypto.ciphertext", Crypto(crypto => crypto["ciphertext"] = new string('0', 66)));
        yield return Case("odd ciphertext", KeyFileStatus.Malformed, "crypto.ciphertext", Crypto(crypto => crypto["ciphertext"] = "abc"));
        yield return Case("no hexadecimal", KeyFileStatus.Malformed, "crypto.ciphertext", Crypto(crypto => crypto["ciphertext"] = "zz"));
        yield return Case("short mac", KeyFileStatus.Malformed, "crypto.mac", Crypto(crypto => crypto["mac"] = "00"));
        yield return Case("changed mac", KeyFileStatus.WrongPassword, "crypto.mac", Crypto(crypto => crypto["mac"] = new string('0', 64)));
        yield return Case("changed ciphertext", KeyFileStatus.WrongPassword, "crypto.mac", Crypto(crypto => crypto["ciphertext"] = new string('0', 64)));
        yield return Case("changed salt", KeyFileStatus.WrongPassword, "crypto.mac", Kdf(kdf => kdf["salt"] = "00"));
        yield return Case("empty salt", KeyFileStatus.Malformed, "crypto.kdfparams.salt", Kdf(kdf => kdf["salt"] = ""));
        yield return Case("long salt", KeyFileStatus.Malformed, "crypto.kdfparams.salt", Kdf(kdf => kdf["salt"] = new string('0', 514)));
        yield return Case("another kdf", KeyFileStatus.Unsupported, "crypto.kdf", Crypto(crypto => crypto["kdf"] = "argon2id"));
        yield return Case("kdf of the other kind", KeyFileStatus.Malformed, "crypto.kdfparams.prf", Crypto(crypto => crypto["kdf"] = "pbkdf2"));
        yield return Case("short derived key", KeyFileStatus.Unsupported, "crypto.kdfparams.dklen", Kdf(kdf => kdf["dklen"] = 16));
        yield return Case("n no power of two", KeyFileStatus.Malformed, "crypto.kdfparams", Kdf(kdf => kdf["n"] = 3));
        yield return Case("n is one", KeyFileStatus.Malformed, "crypto.kdfparams", Kdf(kdf => kdf["n"] = 1));
        yield return Case("n is negative", KeyFileStatus.Malformed, "crypto.kdfparams.n", Kdf(kdf => kdf["n"] = -2));
        yield return Case("n is huge", KeyFileStatus.TooCostly, "crypto.kdfparams", Kdf(kdf => kdf["n"] = 1 << 30));
        yield return Case("n beyond 32 bits", KeyFileStatus.Malformed, "crypto.kdfparams.n", Kdf(kdf => kdf["n"] = 1L << 40));
        yield return Case("r is zero", KeyFileStatus.Malformed, "crypto.kdfparams.r", Kdf(kdf => kdf["r"] = 0));
        yield return Case("r is huge", KeyFileStatus.TooCostly, "crypto.kdfparams", Kdf(kdf => kdf["r"] = int.MaxValue));
        yield return Case("p is huge", KeyFileStatus.TooCostly, "crypto.kdfparams", Kdf(kdf => kdf["p"] = int.MaxValue));
        yield return Case("another key's address", KeyFileStatus.WrongAddress, "address", root => root["address"] = new string('0', 40));
        yield return Case("address without form", KeyFileStatus.Malformed, "address", root => root["address"] = "0x00");
        yield return Case("address is null", KeyFileStatus.Malformed, "address", root => root["address"] = null);
        yield return Case("id without form", KeyFileStatus.Malformed, "id", root => root["id"] = "7");

        static Action<JsonObject> Crypto(Action<JsonObject> damage) => root => damage(root["crypto"]!.AsObject());
        static Action<JsonObject> Kdf(Action<JsonObject> damage) => root => damage(root["crypto"]!["kdfparams"]!.AsObject());
        static TestCaseData Case(string name, KeyFileStatus status, string field, Action<JsonObject> damage) =>
            new TestCaseData(status, field, damage).SetName("Damaged: " + name);
    }

    [TestCaseSource(nameof(Damages))]
    public void Every_damage_has_its_status_and_field(KeyFileStatus status, string field, Action<JsonObject> damage)
    {
        JsonObject root = JsonNode.Parse(File())!.AsObject();
        damage(root);
        KeyFileResult result = KeyFile.TryDecrypt(Encoding.UTF8.GetBytes(root.ToJsonString()), Password, Limits, out KeyPair? pair);

        Assert.That(result.Status, Is.EqualTo(status), result.ToString());
        Assert.That(result.Field, Is.EqualTo(field), result.ToString());
        Assert.That(result.Message, Is.Not.Empty);
        Assert.That(pair, Is.Null);
    }

    [TestCase("")]
    [TestCase("3")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("{} {}")]
    [TestCase("{\"version\":3,\"version\":3}")]
    [TestCase("{\"version\":3,/**/\"crypto\":{}}")]
    [TestCase("{\"version\":3,\"\\ud800\":1}")]
    [TestCase("{\"version\":3,\"crypto\":{\"cipher\":\"\\ud800\"}}")]
    public void What_is_no_key_file_is_malformed(string text)
    {
        Assert.That(KeyFile.TryDecrypt(Encoding.UTF8.GetBytes(text), Password, Limits, out _).Status, Is.EqualTo(KeyFileStatus.Malformed));
    }

    [Test]
    public void Optional_fields_may_be_missing_and_unknown_ones_are_left_alone()
    {
        JsonObject root = JsonNode.Parse(File())!.AsObject();
        root.Remove("address");
        root.Remove("id");
        root["x-wallet"] = new JsonObject { ["path"] = "m/44" };
        JsonNode crypto = root["crypto"]!.DeepClone();
        root.Remove("crypto");
        root["Crypto"] = crypto;

        Assert.That(KeyFile.TryDecrypt(Encoding.UTF8.GetBytes(root.ToJsonString()), Password, Limits, out KeyPair? pair), Is.EqualTo(KeyFileResult.Ok));
        pair!.Dispose();
    }

    [Test]
    public void Limits_are_checked_before_the_cost_is_paid()
    {
        byte[] file = File();
        KeyFileLimits small = Limits with { MaxFileBytes = file.Length - 1 };
        KeyFileLimits slow = Limits with { MaxScryptWork = 1 };
        KeyFileLimits lean = Limits with { MaxMemoryBytes = 100 };
        using KeyPair pair = Pair();
        byte[] iterated = KeyFile.Encrypt(pair, Password, KeyFileKdf.Pbkdf2(11), new SeededRandomSource(4, "file"));

        Assert.That(KeyFile.TryDecrypt(file, Password, small, out _).Status, Is.EqualTo(KeyFileStatus.TooLarge));
        Assert.That(KeyFile.TryDecrypt(file, Password, slow, out _).Status, Is.EqualTo(KeyFileStatus.TooCostly));
        Assert.That(KeyFile.TryDecrypt(file, Password, lean, out _).Status, Is.EqualTo(KeyFileStatus.TooCostly));
        Assert.That(
            KeyFile.TryDecrypt(iterated, Password, Limits with { MaxPbkdf2Iterations = 10 }, out _).Status, Is.EqualTo(KeyFileStatus.TooCostly));
        Assert.That(KeyFile.TryDecrypt(Deep(2_000), Password, Limits, out _).Status, Is.EqualTo(KeyFileStatus.Malformed));
    }

    [Test]
    public void Mutated_files_never_throw_and_never_give_another_key()
    {
        using KeyPair pair = Pair();
        byte[] file = File();
        Fuzzer fuzzer = new(1, "key file");
        KeyFileLimits limits = Limits with { MaxScryptWork = 1 << 10, MaxMemoryBytes = 1 << 20, MaxPbkdf2Iterations = 100 };
        HashSet<KeyFileStatus> seen = [];
        for (int i = 0; i < 5_000; i++)
        {
            KeyFileResult result = KeyFile.TryDecrypt(fuzzer.Mutate(file), Password, limits, out KeyPair? opened);
            seen.Add(result.Status);
            if (opened is not null)
            {
                // The counter is not under the checksum; the address is what catches it.
                Assert.That(opened.Address, Is.EqualTo(pair.Address));
                opened.Dispose();
            }
        }

        Assert.That(seen, Is.SupersetOf(new[] { KeyFileStatus.Ok, KeyFileStatus.Malformed, KeyFileStatus.WrongPassword, KeyFileStatus.Unsupported }));
    }

    [Test]
    public void Files_are_saved_whole_for_the_owner_alone_and_never_over_another()
    {
        using TemporaryFolder folder = new();
        using KeyPair pair = Pair();
        string path = folder.File(KeyFile.NameOf(pair.Address, TimeProvider.System));
        KeyFile.Save(path, File());

        Assert.That(KeyFile.TryLoad(path, Password, Limits, out KeyPair? opened).IsOk, Is.True);
        Assert.That(opened!.Address, Is.EqualTo(pair.Address));
        Assert.That(() => KeyFile.Save(path, "{}"u8), Throws.InstanceOf<IOException>());
        Assert.That(System.IO.File.ReadAllBytes(path), Is.EqualTo(File()));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(path)!), Is.EqualTo(new[] { path }), "Nothing is left beside it.");
        Assert.That(KeyFile.TryLoad(path, Password, Limits with { MaxFileBytes = 100 }, out _).Status, Is.EqualTo(KeyFileStatus.TooLarge));
        Assert.That(() => KeyFile.TryLoad(path + "x", Password, Limits, out _), Throws.InstanceOf<IOException>());
        Assert.That(() => KeyFile.Save(folder.File(Path.Combine("no", "such")), "{}"u8), Throws.InstanceOf<IOException>());
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(System.IO.File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        opened.Dispose();
    }

    [Test]
    public void Names_are_those_of_the_usual_tools()
    {
        Chain.ManualTime time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

        Assert.That(
            KeyFile.NameOf(Address.Zero, time), Is.EqualTo("UTC--2026-01-02T03-04-05.678000000Z--" + new string('0', 40)));
    }

    [Test]
    public void Costs_are_checked_when_they_are_named()
    {
        Assert.That(() => KeyFileKdf.Scrypt(3, 8, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => KeyFileKdf.Pbkdf2(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(KeyFileKdf.Standard, Is.EqualTo(KeyFileKdf.Scrypt(262_144, 8, 1)));
    }

    private static KeyPair Pair() => KeyPair.Generate(new SeededRandomSource(1, "key file"));

    private static byte[] File()
    {
        using KeyPair pair = Pair();
        return KeyFile.Encrypt(pair, Password, Quick, new SeededRandomSource(1, "file"));
    }

    private static byte[] Deep(int levels) => Encoding.UTF8.GetBytes(new string('[', levels) + new string(']', levels));
}
