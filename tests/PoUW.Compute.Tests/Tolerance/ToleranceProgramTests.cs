using PoUW.Compute.Tolerance;
using PoUW.Core.Codec;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>Programs of lane T and their encoding: one for one program, every limit checked.</summary>
public sealed class ToleranceProgramTests
{
    private static readonly ToleranceProgram Program = new(
        new()
        {
            Class = new("net 1", "cuda sm_90"),
            InputColumn = "pixels",
            InputShape = [3, 8, 9],
            LabelColumn = "class",
            BatchSize = 17,
            LearningRate = 0.1f,
            Momentum = 0.5f,
        },
        new(new Dictionary<string, TensorBound>
        {
            ["momentum.0.weight"] = new(1e6, 0.01),
            ["0.weight"] = new(0.25, 0.001),
            ["0.bias"] = TensorBound.OfNoise(1e-7),
        }));

    [Test]
    public void What_is_encoded_is_read_again()
    {
        ToleranceProgram read = Decode(Program.Encode());
        Assert.That(read.Encode(), Is.EqualTo(Program.Encode()));
        Assert.That(read.Hash, Is.EqualTo(Program.Hash));
        Assert.That(read.Recipe with { InputShape = Program.Recipe.InputShape }, Is.EqualTo(Program.Recipe));
        Assert.That(read.Recipe.InputShape, Is.EqualTo(Program.Recipe.InputShape));
        Assert.That(read.Bounds.Tensors, Is.EquivalentTo(Program.Bounds.Tensors));
        Assert.That(read.Class, Is.EqualTo(Program.Class));
        ToleranceProgram plain = With(Program.Recipe with { Momentum = 0 });
        Assert.That(Decode(plain.Encode()).Recipe.Momentum, Is.Zero);
    }

    /// <summary>The order of the dictionary does not matter; every field does.</summary>
    [Test]
    public void The_hash_is_that_of_the_content()
    {
        ToleranceProgram turned = Program with { Bounds = new(Program.Bounds.Tensors.Reverse().ToDictionary()) };
        Assert.That(turned.Hash, Is.EqualTo(Program.Hash));
        ToleranceRecipe recipe = Program.Recipe;
        ToleranceProgram[] others =
        [
            Program, With(recipe with { Class = new("net 2", "cuda sm_90") }), With(recipe with { Class = new("net 1", "cuda") }), With(recipe with { InputColumn = "x" }),
            With(recipe with { InputShape = [3, 72] }), With(recipe with { LabelColumn = "y" }), With(recipe with { BatchSize = 18 }), With(recipe with { LearningRate = 0.2f }),
            With(recipe with { Momentum = 0 }), With("0.bias", new(1, 1)), With("1.bias", new(1, 1)),
        ];
        Assert.That(others.Select(static other => other.Hash).Distinct().Count(), Is.EqualTo(others.Length));
        Assert.That(others.Select(static other => Decode(other.Encode()).Hash), Is.EqualTo(others.Select(static other => other.Hash)));
    }

    /// <summary>Written by hand: header, version, names, shape, names and numbers, then the bounds by name.</summary>
    [Test]
    public void The_encoding_stays_what_it_is() => Assert.That(Convert.ToHexStringLower(Program.Encode()), Is.EqualTo(
        "f88201" + "856e657420318a6375646120736d5f3930" + "86706978656c73" + "c3030809" + "85636c617373" + "11843dcccccd843f000000" + "f852"
        + "d086302e62696173" + "883e7ad7f29abcaf48"
        + "db88302e776569676874" + "883fd0000000000000" + "883f50624dd2f1a9fc"
        + "e4916d6f6d656e74756d2e302e776569676874" + "88412e848000000000" + "883f847ae147ae147b"));

    [Test]
    public void Every_field_has_its_limits()
    {
        ToleranceRecipe recipe = Program.Recipe;
        Assert.That(recipe.Validate().IsValid);
        Refused(recipe with { Class = new("", "x") }, "Module");
        Refused(recipe with { Class = new(new string('m', 65), "x") }, "Module");
        Refused(recipe with { Class = new("net\n", "x") }, "Module");
        Refused(recipe with { Class = new("n\u00eb", "x") }, "Module");
        Refused(recipe with { Class = new("x", "") }, "Devices");
        Refused(recipe with { Class = new("x", "\ud800") }, "Devices");
        Refused(recipe with { InputColumn = "" }, "InputColumn");
        Refused(recipe with { InputColumn = "Images" }, "InputColumn");
        Refused(recipe with { LabelColumn = new string('l', 65) }, "LabelColumn");
        Refused(recipe with { LabelColumn = "pixels" }, "LabelColumn");
        Refused(recipe with { InputShape = [] }, "InputShape");
        Refused(recipe with { InputShape = [1, 0, 1] }, "InputShape");
        Assert.That((recipe with { InputShape = [-1] }).Validate().Field, Is.EqualTo("InputShape"), "which has no encoding");
        Refused(recipe with { InputShape = [1, 1, 1, 1, 1, 1, 1, 1, 1] }, "InputShape");
        Refused(recipe with { InputShape = [int.MaxValue, int.MaxValue] }, "InputShape");
        Refused(recipe with { InputShape = [ToleranceRecipe.MaxInputLength + 1], BatchSize = 1 }, "InputShape");
        Refused(recipe with { InputShape = [ToleranceRecipe.MaxInputLength] }, "InputShape");
        Assert.That((recipe with { InputShape = [ToleranceRecipe.MaxInputLength], BatchSize = 16 }).Validate().IsValid);
        Refused(recipe with { BatchSize = 0 }, "BatchSize");
        Refused(recipe with { BatchSize = ToleranceRecipe.MaxBatchSize + 1 }, "BatchSize");
        foreach (float rate in new[] { 0, -0f, -1, 1000.1f, float.NaN, float.PositiveInfinity })
        {
            Refused(recipe with { LearningRate = rate }, "LearningRate");
        }

        foreach (float momentum in new[] { -0f, -1, 1, float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            Refused(recipe with { Momentum = momentum }, "Momentum");
        }
    }

    [Test]
    public void Every_bound_has_its_limits()
    {
        foreach (double number in new[] { 0, -0d, -1, 1.1e6, double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Refused(With("w", new(number, 1)), "Bounds[w]");
            Refused(With("w", new(1, number)), "Bounds[w]");
            Refused(With("w", TensorBound.OfNoise(number)), "Bounds[w]");
        }

        Assert.That(With("w", new(1, 1, Noise: 1)).Validate().IsValid, Is.False, "it would have the encoding of another");
        Refused(With("", new(1, 1)), "Bounds");
        Refused(With(new string('w', 256), new(1, 1)), "Bounds");
        Refused(With("\u00fc", new(1, 1)), "Bounds");
        Refused(Program with { Bounds = new(new Dictionary<string, TensorBound>()) }, "Bounds");
        Assert.That(Decode(Many(ToleranceBounds.MaxTensors).Encode()).Bounds.Tensors, Has.Count.EqualTo(ToleranceBounds.MaxTensors), "the longest fits");
        Assert.That(Many(ToleranceBounds.MaxTensors + 1).Validate().Field, Is.EqualTo("Bounds"));
        Assert.That(ToleranceProgram.TryDecode(Many(ToleranceBounds.MaxTensors + 1).Encode(), out _).IsValid, Is.False);
    }

    [Test]
    public void Only_the_canonical_form_is_read()
    {
        Malformed(static (version, writer) => version.Write(2UL), "version");
        Malformed(static (shape, _) => Fields(shape, dimensions: 9), "dimensions");
        Malformed(static (bounds, _) => Fields(bounds, names: ["b", "a"]), "order");
        Malformed(static (bounds, _) => Fields(bounds, names: ["a", "a"]), "twice");
        Malformed(static (bounds, _) => Fields(bounds, numbers: 3), "three numbers");
        Malformed(static (bounds, _) => Fields(bounds, numbers: 0), "no number");
        Malformed(static (more, _) => Fields(more).Write(1UL), "a field more");
        Assert.That(ToleranceProgram.TryDecode(Fields(new RlpWriter().BeginList().Write(1UL)).EndList().Finish(), out ToleranceProgram? program).IsValid, "what the others change");
        Assert.That(program!.Hash.IsZero, Is.False);
        byte[] encoded = Program.Encode();
        Assert.That(ToleranceProgram.TryDecode([.. encoded, 0x80], out _).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(ToleranceProgram.TryDecode(encoded.AsSpan(0, encoded.Length - 1), out _).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(ToleranceProgram.TryDecode([], out _).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(ToleranceProgram.TryDecode(new byte[ToleranceProgram.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    /// <summary>Whatever the bytes: no exception, and what is taken has these bytes.</summary>
    [Test]
    public void Changed_bytes_are_refused_or_are_another_program()
    {
        Random random = new(1);
        byte[] encoded = Program.Encode();
        (int taken, int refused) = (0, 0);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = Change(encoded, random);
            ValidationResult result = ToleranceProgram.TryDecode(changed, out ToleranceProgram? program);
            Assert.That(program is not null, Is.EqualTo(result.IsValid));
            if (program is not null)
            {
                taken++;
                Assert.That(program.Encode(), Is.EqualTo(changed));
                Assert.That(program.Validate().IsValid);
            }
            else
            {
                refused++;
            }
        }

        Assert.That(Math.Min(taken, refused), Is.GreaterThan(100), "both happen");
    }

    private static byte[] Change(byte[] encoded, Random random)
    {
        List<byte> bytes = [.. encoded];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 6), bytes.Count - at));
                    break;
                default:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
            }

            if (bytes.Count == 0)
            {
                break;
            }
        }

        return [.. bytes];
    }

    /// <summary>The fields after the version.</summary>
    private static RlpWriter Fields(RlpWriter writer, int dimensions = 1, string[]? names = null, int numbers = 2)
    {
        writer.Write("m").Write("d").Write("images").BeginList();
        for (int i = 0; i < dimensions; i++)
        {
            writer.Write(1UL);
        }

        writer.EndList().Write("labels").Write(1UL).Write((ulong)BitConverter.SingleToUInt32Bits(1)).Write(0UL).BeginList();
        foreach (string name in names ?? ["a", "b"])
        {
            writer.BeginList().Write(name);
            for (int i = 0; i < numbers; i++)
            {
                writer.Write(BitConverter.DoubleToUInt64Bits(1));
            }

            writer.EndList();
        }

        return writer.EndList();
    }

    private static void Malformed(Func<RlpWriter, RlpWriter, RlpWriter> write, string what)
    {
        RlpWriter writer = new RlpWriter().BeginList();
        writer = what == "version" ? Fields(write(writer, writer)) : write(writer.Write(1UL), writer);
        ValidationResult result = ToleranceProgram.TryDecode(writer.EndList().Finish(), out ToleranceProgram? program);
        Assert.That((result.Code, program), Is.EqualTo((ValidationCode.Malformed, (ToleranceProgram?)null)), what);
    }

    private static ToleranceProgram Many(int tensors) => Program with
    {
        Bounds = new(Enumerable.Range(0, tensors).ToDictionary(static i => $"{i:D255}", static _ => new TensorBound(1, 1))),
    };

    private static ToleranceProgram With(ToleranceRecipe recipe) => Program with { Recipe = recipe };

    private static ToleranceProgram With(string name, TensorBound bound) =>
        Program with { Bounds = new(new Dictionary<string, TensorBound>(Program.Bounds.Tensors) { [name] = bound }) };

    private static void Refused(ToleranceRecipe recipe, string field) => Refused(With(recipe), field);

    private static void Refused(ToleranceProgram program, string field)
    {
        Assert.That(program.Validate().Field, Is.EqualTo(field), $"{program.Recipe}");
        Assert.That(ToleranceProgram.TryDecode(program.Encode(), out ToleranceProgram? read).IsValid, Is.False);
        Assert.That(read, Is.Null);
    }

    private static ToleranceProgram Decode(byte[] encoded)
    {
        ValidationResult result = ToleranceProgram.TryDecode(encoded, out ToleranceProgram? program);
        Assert.That(result.IsValid, result.Message);
        return program!;
    }
}
