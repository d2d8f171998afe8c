namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// A setting that holders share while it has their value. Values take turns: where one waits for the other value, nobody new is let in with the present one, so
/// that none starves. Any thread.
/// </summary>
internal sealed class SettingGate(Action<bool> apply)
{
    private readonly object _lock = new();
    private readonly int[] _waiting = new int[2];
    private int _holders;
    private bool _value;

    /// <summary>Waits for the setting, and applies it: somebody else in the process may have changed it.</summary>
    internal IDisposable Enter(bool value)
    {
        lock (_lock)
        {
            int mine = value ? 1 : 0;
            if (_holders > 0 && (_value != value || _waiting[1 - mine] > 0))
            {
                _waiting[mine]++;
                do
                {
                    Monitor.Wait(_lock);
                }
                while (_holders > 0 && _value != value);
                _waiting[mine]--;
            }

            if (_holders == 0)
            {
                apply(value);
                _value = value;
            }

            _holders++;
            return new Holding(this);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_holders == 0)
            {
                Monitor.PulseAll(_lock);
            }
        }
    }

    private sealed class Holding(SettingGate gate) : IDisposable
    {
        private SettingGate? _gate = gate;

        public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Leave();
    }
}
