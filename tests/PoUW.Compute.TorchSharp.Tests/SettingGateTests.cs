using PoUW.Compute.TorchSharp.Backends;

namespace PoUW.Compute.TorchSharp.Tests;

/// <summary>Needs no libtorch: who may compute while a setting of the process is what.</summary>
[TestFixture]
public sealed class SettingGateTests
{
    [Test]
    public void Holders_of_one_value_share_it()
    {
        List<bool> applied = [];
        SettingGate gate = new(applied.Add);
        using IDisposable first = gate.Enter(true);
        using IDisposable second = gate.Enter(true);
        Assert.That(applied, Is.EqualTo(new[] { true }));
    }

    [Test]
    public void Nobody_holds_a_value_while_another_is_held()
    {
        bool setting = false;
        SettingGate gate = new(value => Volatile.Write(ref setting, value));
        int wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(i => new Thread(() => Compute(i % 2 == 0)))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.That(wrong, Is.Zero);

        void Compute(bool mine)
        {
            for (int i = 0; i < 2000; i++)
            {
                using IDisposable held = gate.Enter(mine);
                Thread.Yield();
                if (Volatile.Read(ref setting) != mine)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        }
    }

    [Test]
    public void A_setting_that_cannot_be_applied_is_not_held()
    {
        bool fail = true;
        SettingGate gate = new(_ => fail = fail ? throw new InvalidOperationException() : false);
        Assert.That(() => gate.Enter(true), Throws.InvalidOperationException);
        fail = false;
        Assert.That(() => gate.Enter(false).Dispose(), Throws.Nothing);
    }
}
