using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.State;

public sealed class StateProofTests
{
    private InMemoryKeyValueStore _store = null!;
    private StateSnapshot _state = null!;

    [SetUp]
    public void Build()
    {
        _store = new InMemoryKeyValueStore();
        WorldState world = new(_store);
        StateVersion root = StateTreeTests.Commit(world, _store, StateVersion.Empty, [.. Enumerable.Range(0, 100).Select(key => (key, key + 1))]);
        _state = world.At(root);
    }

    [TearDown]
    public void Close() => _store.Dispose();

    [Test]
    public void Present_keys_have_inclusion_proofs_only()
    {
        for (int key = 0; key < 100; key++)
        {
            StateProof proof = _state.ProveRecord(StateTreeTests.Key(key));
            Hash256 path = StateTreeTests.Key(key).Path;

            Assert.That(StateProofVerifier.VerifyInclusion(_state.Root, path, BitConverter.GetBytes(key + 1), proof), Is.True);
            Assert.That(StateProofVerifier.VerifyInclusion(_state.Root, path, BitConverter.GetBytes(key), proof), Is.False);
            Assert.That(StateProofVerifier.VerifyExclusion(_state.Root, path, proof), Is.False);
        }
    }

    [Test]
    public void Absent_keys_have_exclusion_proofs_only()
    {
        int emptyEnds = 0;
        for (int key = 100; key < 300; key++)
        {
            StateProof proof = _state.ProveRecord(StateTreeTests.Key(key));
            Hash256 path = StateTreeTests.Key(key).Path;
            emptyEnds += proof.LeafPath is null ? 1 : 0;

            Assert.That(StateProofVerifier.VerifyExclusion(_state.Root, path, proof), Is.True);
            Assert.That(StateProofVerifier.VerifyInclusion(_state.Root, path, BitConverter.GetBytes(key + 1), proof), Is.False);
        }

        // Both kinds of ends were met: an empty subtree and another key's leaf.
        Assert.That(emptyEnds, Is.InRange(1, 199));
    }

    [Test]
    public void The_empty_state_excludes_everything()
    {
        StateProof proof = new([], null, Hash256.Zero);

        Assert.That(StateProofVerifier.VerifyExclusion(Hash256.Zero, Hash256.Sha256([1]), proof), Is.True);
        Assert.That(StateProofVerifier.VerifyExclusion(_state.Root, Hash256.Sha256([1]), proof), Is.False);
    }

    [Test]
    public void Any_tampering_breaks_a_proof()
    {
        Hash256 path = StateTreeTests.Key(7).Path;
        byte[] value = BitConverter.GetBytes(8);
        StateProof proof = _state.ProveRecord(StateTreeTests.Key(7));
        for (int i = 0; i < proof.Siblings.Count; i++)
        {
            Hash256[] siblings = [.. proof.Siblings];
            siblings[i] = Hash256.Sha256([(byte)i]);
            Assert.That(StateProofVerifier.VerifyInclusion(_state.Root, path, value, proof with { Siblings = siblings }), Is.False);
        }

        Assert.That(StateProofVerifier.VerifyInclusion(Hash256.Sha256([9]), path, value, proof), Is.False);
        Assert.That(StateProofVerifier.VerifyInclusion(_state.Root, StateTreeTests.Key(8).Path, value, proof), Is.False);
        StateProof shorter = proof with { Siblings = [.. proof.Siblings.SkipLast(1)] };
        Assert.That(StateProofVerifier.VerifyInclusion(_state.Root, path, value, shorter), Is.False);
    }

    [Test]
    public void A_leaf_of_elsewhere_does_not_prove_absence()
    {
        // The true leaf of key 7, offered as "what sits where key 200 would be".
        StateProof proof = _state.ProveRecord(StateTreeTests.Key(7));
        for (int absent = 200; absent < 260; absent++)
        {
            Hash256 path = StateTreeTests.Key(absent).Path;
            bool sharesPlace = _state.ProveRecord(StateTreeTests.Key(absent)).LeafPath == proof.LeafPath;
            Assert.That(StateProofVerifier.VerifyExclusion(_state.Root, path, proof), Is.EqualTo(sharesPlace));
        }
    }

    [Test]
    public void Proofs_round_trip_and_mutations_never_throw()
    {
        StateProof proof = _state.ProveRecord(StateTreeTests.Key(7));
        byte[] valid = proof.Encode();
        Assert.That(StateProof.TryDecode(valid, out StateProof? decoded).IsValid, Is.True);
        Assert.That(StateProofVerifier.VerifyInclusion(_state.Root, StateTreeTests.Key(7).Path, BitConverter.GetBytes(8), decoded!), Is.True);
        Fuzzer fuzzer = new(3, "proof");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (StateProof.TryDecode(mutated, out StateProof? other).IsValid)
            {
                Assert.That(other!.Encode(), Is.EqualTo(mutated));
            }
        }

        Assert.That(StateProof.TryDecode(new byte[StateProof.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(StateProof.TryDecode(new StateProof([], null, Hash256.Sha256([1])).Encode(), out _).IsValid, Is.False);
        Assert.That(StateProof.TryDecode(new StateProof(new Hash256[257], null, default).Encode(), out _).IsValid, Is.False);
        Assert.That(StateProof.TryDecode(new StateProof(new Hash256[256], Hash256.Zero, default).Encode(), out _).IsValid, Is.True);
    }
}
