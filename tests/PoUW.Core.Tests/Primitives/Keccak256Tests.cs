using System.Text;
using PoUW.Core.Hashing;

namespace PoUW.Core.Tests.Primitives;

public sealed class Keccak256Tests
{
    [TestCase("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [TestCase("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [TestCase("The quick brown fox jumps over the lazy dog", "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15")]
    public void Published_vectors(string text, string digest)
    {
        Assert.That(Keccak256.HashData(Encoding.ASCII.GetBytes(text)).ToString(), Is.EqualTo(digest));
    }

    // Digests that several independent implementations publish (XKCP's padding rule, foundry, ethers), around the rate of 136 bytes.
    [TestCase('a', 1, "3ac225168df54212a25c1c01fd35bebfea408fdac2e31ddd6f80a4bbf9a5f1cb")]
    [TestCase('a', 8, "a6eb2a81043a7349b2d066b3433ceadd8dd290343e6c41a4e36e82261e0b25cb")]
    [TestCase('a', 16, "05bf23668a24407fc90dc33375cdeb2c8aef9db64ba12353dbc7e8d103dfba00")]
    [TestCase('a', 32, "47a01324181e85459310f8fb9b24dc09744323ebdcef26cbf98959effdc76e02")]
    [TestCase('a', 64, "1036d73cc8350b0635393d79759b10488165e792073f84d4462e22edec243b92")]
    [TestCase('a', 68, "e4b16954d021544d168b5ea23de13c97c762d1f331fe4c7470df3c1000a62fdb")]
    [TestCase('a', 128, "81555b8e18b3c117311c16373b1aa78c0a84aad7b8f7f4c753d0021fd9a6700e")]
    [TestCase('a', 135, "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446")]
    [TestCase('a', 136, "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e")]
    [TestCase('a', 137, "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39")]
    [TestCase('a', 200, "96ea54061def936c4be90b518992fdc6f12f535068a256229aca54267b4d084d")]
    [TestCase('a', 204, "5f6404fdb4057bbd7bce17d97cc655fca0c1c4129a083d323d79136f768ae757")]
    [TestCase('a', 271, "132f47effd6c8b1b299efa53fe68aece77ec8ae4eb2e294f668eec94f76001e1")]
    [TestCase('a', 272, "cf7fcd4f705ee749930d19ca84561a9bf62516bd90a471545fa2f49fdc7e63c8")]
    [TestCase('b', 272, "5033eb030ec6c7bed2a3969d11847ddf89ec685b1e0b4ec9601ddba40a3b2ebf")]
    public void Published_vectors_of_repeated_letters(char letter, int count, string digest)
    {
        Assert.That(Keccak256.HashData(Encoding.ASCII.GetBytes(new string(letter, count))).ToString(), Is.EqualTo(digest));
    }

    [Test]
    public void All_byte_values_in_order()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

        Assert.That(Keccak256.HashData(bytes).ToString(), Is.EqualTo("dc924469b334aed2a19fac7252e9961aea41f8d91996366029dbe0884229bf36"));
    }
}
