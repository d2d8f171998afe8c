using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Valid certificates of the products, and certificates with one thing wrong.</summary>
internal static class CertificateVectors
{
    public static VectorTopic Topic { get; } = new(
        "certificates",
        "Certificates and what a verifier says. A witness is written out, or named by its length and SHA-256 and built from the product of that "
            + "name in products.json. A vector with base is the certificate of that name with changes: bytes put at an offset of a part.",
        Create,
        Check);

    private static readonly (string Name, string Part, int At, string Bytes, ValidationCode Code)[] Changes =
    [
        ("version 2", "publicData", 0, "0200", ValidationCode.WrongVersion),
        ("an unknown flag", "publicData", 2, "0e", ValidationCode.Malformed),
        ("not bound", "publicData", 2, "02", ValidationCode.BadBinding),
        ("m is 0", "publicData", 3, "00000000", ValidationCode.BadWorkShape),
        ("m is too large", "publicData", 3, "01000200", ValidationCode.BadWorkShape),
        ("k is too large", "publicData", 11, "01200000", ValidationCode.BadWorkShape),
        ("tile row outside", "publicData", 79, "02000000", ValidationCode.BadTile),
        ("segment outside", "publicData", 87, "01000000", ValidationCode.BadTile),
        ("tile row of 2^31", "publicData", 79, "00000080", ValidationCode.BadTile),
        ("another root", "publicData", 15, "00", ValidationCode.BadOpening),
        ("another state", "publicData", 91, "00000000", ValidationCode.WrongTileState),
        ("another binding", "publicData", 155, "00", ValidationCode.BadBinding),
        ("operand 64", "witness", 0, "40", ValidationCode.OperandOutOfRange),
        ("operand -65", "witness", 0, "bf", ValidationCode.OperandOutOfRange),
        ("row beyond m", "witness", 32, "01", ValidationCode.NonZeroPadding),
        ("column beyond k", "witness", 1024 + 8, "01", ValidationCode.NonZeroPadding),
        ("another operand", "witness", 0, "00", ValidationCode.BadOpening),
        ("another sibling", "witness", 4096, "00", ValidationCode.BadOpening),
    ];

    private static IEnumerable<JsonObject> Create()
    {
        foreach (VectorProduct product in ProductVectors.Products)
        {
            (int i, int j, int g) = product.Tiles[^1];
            TileWorkOracle oracle = product.Oracle();
            WorkCertificate certificate = oracle.Certify(i, j, g);
            JsonObject v = Of(product.Name, oracle, g, oracle.Ticket(i, j, g).ToString(), ValidationCode.Ok);
            v["product"] = product.Name;
            v["publicData"] = Hex(certificate.PublicData.Span);
            v["commitment"] = TileWorkOracle.H(TileWorkOracle.H((ushort)1, certificate.PublicData.ToArray())).ToString();
            v["witnessBytes"] = certificate.Witness.Length;
            v["witnessSha256"] = TileWorkOracle.H(certificate.Witness.ToArray()).ToString();
            if (product.Name.StartsWith("small", StringComparison.Ordinal))
            {
                v["witness"] = Hex(certificate.Witness.Span);
            }

            yield return v;
        }

        VectorProduct small = ProductVectors.Products[^1];
        TileWorkOracle lie = small.Oracle();
        foreach ((string name, string part, int at, string bytes, ValidationCode code) in Changes)
        {
            JsonObject v = Of($"{small.Name}: {name}", lie, 0, null, code);
            v["base"] = small.Name;
            v["changes"] = new JsonArray(new JsonObject { ["part"] = part, ["at"] = at, ["bytes"] = bytes });
            yield return v;
        }
    }

    // The easiest target of the unit: every ticket wins, and no other check is hidden.
    private static JsonObject Of(string name, TileWorkOracle oracle, int segment, string? ticket, ValidationCode code) => new()
    {
        ["name"] = name,
        ["sigma"] = oracle.Template.Sigma.ToString(),
        ["binding"] = oracle.Template.Binding.ToString(),
        ["target"] = new Hash256(Number(((BigInteger.One << 256) - 1) / oracle.Shape.UnitMacs(segment))).ToString(),
        ["result"] = code.ToString(),
        ["ticket"] = ticket,
    };

    private static byte[] Number(BigInteger number)
    {
        byte[] bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static void Check(JsonElement v)
    {
        (byte[] data, byte[] witness) = Parts(v);
        if (v.TryGetProperty("changes", out JsonElement changes))
        {
            foreach (JsonElement change in changes.EnumerateArray())
            {
                Bytes(change, "bytes").CopyTo(Text(change, "part") == "witness" ? witness : data, Int(change, "at"));
            }
        }
        else
        {
            Same(witness.Length, Int(v, "witnessBytes"), v, "witness bytes");
            Same(Hash256.Sha256(witness), Hash(v, "witnessSha256"), v, "witness");
            Same(WorkCertificates.Commitment(data), Hash(v, "commitment"), v, "commitment");
        }

        var template = new WorkTemplate(Hash(v, "sigma"), Hash(v, "binding"), new BigInteger(Bytes(v, "target"), isUnsigned: true, isBigEndian: true));
        var certificate = new WorkCertificate(data, witness);
        ValidationResult result = WorkVerifier.Verify(template, certificate, out Hash256 ticket);
        Same(result.Code.ToString(), Text(v, "result"), v, "result");
        Same(WorkVerifier.VerifyScalar(template, certificate, out _), result, v, "scalar result");
        if (result.IsValid)
        {
            Same(ticket, Hash(v, "ticket"), v, "ticket");
        }
    }

    // From the file where the bytes stand there, else from the product's operands.
    private static (byte[] Data, byte[] Witness) Parts(JsonElement v)
    {
        if (v.TryGetProperty("base", out JsonElement other))
        {
            v = Read("certificates").Single(x => Text(x, "name") == other.GetString());
        }

        byte[] data = Bytes(v, "publicData");
        if (v.TryGetProperty("witness", out _))
        {
            return (data, Bytes(v, "witness"));
        }

        Assert.That(WorkPublicData.TryDecode(data, out WorkPublicData? decoded).IsValid, Is.True);
        TileWorkShape shape = decoded!.Shape;
        sbyte[] a = TileWorkVector.OperandA(shape), b = TileWorkVector.OperandB(shape);
        ReadOnlySpan<byte> treeA = MatrixCommitment.Compute(a, shape.StoredRowsA, shape.StoredColumnsA).Tree.Span;
        ReadOnlySpan<byte> treeB = MatrixCommitment.Compute(b, shape.StoredRowsB, shape.StoredColumnsB).Tree.Span;
        return (data, new WorkWitness(shape, decoded.TileRow, decoded.TileColumn, decoded.Segment).Build(a, treeA, b, treeB));
    }
}
